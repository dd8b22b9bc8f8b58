/**
 * The relay worker: numbers, keeps, judges and shows the records of one run, off the training thread. Built into one
 * self-contained file. Prints with writeSync: console.log of a worker goes through the training thread's loop, which may
 * never yield.
 */
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { rules as allRules } from '../alerts/index.ts';
import type { AlertRecord, AnyRecord, Unnumbered } from '../record.ts';
import { type Server, startServer } from '../server/server.ts';
import { openStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { UsageError } from '../usage-error.ts';
import { type Forward, forward } from './forward.ts';
import { parseFrame } from './frame.ts';
import type { FromRelay, RelayOptions, ToRelay } from './message.ts';
import { Relay } from './relay.ts';
import { drained, readFrames, shouldStop, warmRing } from './ring.ts';

/** How often the ring is looked into: what a page sees is at most this much older. */
const POLL_MS = 20;
/** At most this much of the newest measurements is lost when the process is killed. */
const FLUSH_MS = 300;
/** How long closing waits for a server elsewhere. */
const FORWARD_MS = 3000;

const options = workerData as RelayOptions;
const port = parentPort!;
const troubled = new Set<string>();
const declared: { stream: string; metric: string }[] = [];
let store: Store | null = null;
let server: Server | null = null;
let elsewhere: Forward | null = null;

function say(message: FromRelay): void {
  port.postMessage(message);
}

function print(sentence: string): void {
  try {
    writeSync(2, `classwatch: ${sentence}\n`);
  } catch {
    // A terminal that is gone or full is no reason to stop.
  }
}

function trouble(what: string, error: unknown): void {
  const sentence = error instanceof Error ? error.message : String(error);
  if (!troubled.has(what)) print(`${what} failed; training goes on. ${sentence}`);
  troubled.add(what);
  say({ t: 'trouble', what, sentence });
}

function onAlert(record: AlertRecord): void {
  const { level, state, message, remedy, rule } = record.body;
  if (state === 'resolved') print(`[resolved] ${rule}, at step ${record.step}: it was: ${message}`);
  else print(`[${level}] ${message} ${level === 'info' ? '' : remedy}`.trimEnd());
  if (options.stopOn.includes(rule) && state === 'opened') shouldStop.set(options.ring);
  say({ t: 'alert', record });
}

const relay = new Relay({
  run: options.run,
  rules: allRules.filter((rule) => options.rules === undefined || options.rules.includes(rule.id)),
  keep: (records: readonly AnyRecord[]) => {
    store?.append(records);
    elsewhere?.send(records);
  },
  publish: (records) => server?.publish(records),
  onAlert,
  trouble,
});

function take(records: readonly Unnumbered[]): void {
  for (const record of records) {
    if (record.kind === 'metric') declared.push({ stream: record.stream, metric: record.body.id });
  }
  relay.take(records);
}

function flush(): void {
  try {
    store?.flush();
  } catch (error) {
    trouble('Writing the run to disk', error);
  }
}

async function open(): Promise<void> {
  warmRing(options.ring);
  if (options.url !== undefined) {
    elsewhere = forward({ url: options.url, token: options.token ?? '', run: options.run, report: print });
    return say({ t: 'ready', origin: options.url });
  }
  store = openStore(options.logdir);
  if (options.mode === 'online') {
    server = await startServer({
      store,
      dashboard: options.dashboard,
      report: print,
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.port === undefined ? {} : { port: options.port }),
      ...(options.token === undefined ? {} : { token: options.token }),
    });
  }
  say({ t: 'ready', origin: server?.origin ?? null });
}

async function close(id: number, keepServing: boolean): Promise<void> {
  stopTimers();
  await elsewhere?.flush(FORWARD_MS);
  elsewhere?.close();
  flush();
  if (!keepServing) {
    await server?.close();
    store?.close();
  }
  say({ t: 'done', id });
  if (!keepServing) port.close();
}

function stopTimers(): void {
  for (const timer of timers) clearInterval(timer);
}

/** The process is about to end and its thread waits for the word `drained`. */
function exit(): void {
  flush();
  try {
    store?.close();
  } catch (error) {
    trouble('Closing the run', error);
  }
  drained.set(options.ring);
}

/** Takes what the training thread has written. */
function drain(): void {
  for (const frame of readFrames(options.ring)) {
    try {
      take(parseFrame(frame, options.run, (number) => declared[number]!));
    } catch (error) {
      trouble('The relay', error);
    }
  }
}

function onMessage(message: ToRelay): void {
  drain();
  if (message.t === 'code') server?.allowCode(message.code);
  else if (message.t === 'exit') exit();
  else if (message.t === 'flush') {
    flush();
    say({ t: 'done', id: message.id });
  } else void close(message.id, message.keepServing);
}

const timers = [setInterval(flush, FLUSH_MS)];

open().then(
  () => {
    timers.push(setInterval(drain, POLL_MS));
    port.on('message', onMessage);
  },
  (error: unknown) => {
    stopTimers();
    const sentence = error instanceof Error ? error.message : String(error);
    say({ t: 'refused', sentence: error instanceof UsageError ? sentence : `The relay could not start. ${sentence}` });
  },
);
