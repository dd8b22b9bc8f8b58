/**
 * The relay worker: numbers, keeps, judges and shows the records of all runs of a process, off the training thread. Built
 * into one self-contained file. Prints with writeSync: console.log of a worker goes through the training thread's loop,
 * which may never yield.
 */
import { writeSync } from 'node:fs';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { printable } from '../printable.ts';
import { type Server, startServer } from '../server/server.ts';
import { openStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';
import { UsageError } from '../usage-error.ts';
import { Desk } from './desk.ts';
import { type Forward, forward } from './forward.ts';
import type { Attach, RelayOptions, ToRelay } from './message.ts';
import { drained } from './ring.ts';

/** How often the rings are looked into: what a page sees is at most this much older. */
const POLL_MS = 20;
/** At most this much of the newest measurements is lost when the process is killed. */
const FLUSH_MS = 300;
/** How long closing waits for a server elsewhere. */
const FORWARD_MS = 3000;

const desks = new Set<Desk>();
let store: Store | null = null;
let server: Server | null = null;
let kept = false;

function print(sentence: string): void {
  try {
    writeSync(2, `classwatch: ${printable(sentence)}\n`);
  } catch {
    // A terminal that is gone or full is no reason to stop.
  }
}

function flush(): void {
  try {
    store?.flush();
  } catch (error) {
    for (const desk of desks) desk.trouble('Writing the run to disk', error);
  }
}

/** Starts what the first run needs; those after it find it there. */
async function open(options: RelayOptions): Promise<void> {
  store ??= openStore(options.logdir);
  if (options.mode !== 'online' || server !== null) return;
  server = await startServer({
    store,
    dashboard: options.dashboard,
    report: print,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.token === undefined ? {} : { token: options.token }),
  });
}

/** Gives a run its desk. Runs are attached one after the other, so that they share one server. */
async function attach({ port, options }: Attach): Promise<void> {
  const { url, token, run } = options;
  const elsewhere = url === undefined ? null : forward({ url, token: token ?? '', run, report: print });
  if (elsewhere === null) await open(options);
  const desk = new Desk(port, options, {
    keep: (records) => (elsewhere ?? { send: (r: typeof records) => store?.append(r) }).send(records),
    publish: (records) => elsewhere === null && server?.publish(records),
    print,
  });
  desks.add(desk);
  port.on('message', (message: ToRelay) => onMessage(desk, elsewhere, message));
  desk.say({ t: 'ready', origin: url ?? server?.origin ?? null });
}

async function close(desk: Desk, elsewhere: Forward | null, id: number, keepServing: boolean): Promise<void> {
  await elsewhere?.flush(FORWARD_MS);
  elsewhere?.close();
  flush();
  desks.delete(desk);
  kept ||= keepServing;
  if (desks.size === 0 && !kept) {
    const last = { server, store };
    // A run that is attached while these close starts its own.
    server = null;
    store = null;
    await last.server?.close();
    last.store?.close();
  }
  desk.say({ t: 'done', id });
}

function onMessage(desk: Desk, elsewhere: Forward | null, message: ToRelay): void {
  desk.drain();
  if (message.t === 'code') server?.allowCode(message.code);
  else if (message.t === 'close') void close(desk, elsewhere, message.id, message.keepServing);
  else flush();
  if (message.t === 'flush') desk.say({ t: 'done', id: message.id });
  if (message.t === 'exit') {
    elsewhere?.close();
    drained.set(desk.options.ring);
  }
}

setInterval(() => {
  for (const desk of desks) desk.drain();
}, POLL_MS);
setInterval(flush, FLUSH_MS);

let turn: Promise<void> = Promise.resolve();
parentPort!.on('message', (message: Attach) => {
  turn = turn.then(() => attach(message)).catch((error: unknown) => refuse(message.port, error));
});

function refuse(port: MessagePort, error: unknown): void {
  const sentence = error instanceof Error ? error.message : String(error);
  const told = error instanceof UsageError ? sentence : `The relay could not start. ${sentence}`;
  port.postMessage({ t: 'refused', sentence: told });
}
