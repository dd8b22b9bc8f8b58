/** The live feed: hands what is published, or what other processes write, to the pages that watch. */
import * as v from 'valibot';
import type { WebSocket } from 'ws';
import { encodeMessage, PROTOCOL_VERSION } from '../protocol.ts';
import type { AnyRecord } from '../record.ts';
import { isRunId } from '../store/run-id.ts';
import type { RunSummary, Store } from '../store/store.ts';
import { VERSION } from '../version.ts';
import type { Channel } from './channel.ts';
import { Channels } from './channels.ts';
import type { Faults } from './faults.ts';
import { decodeFrame } from './frame.ts';
import { bytesOf, Viewer } from './viewer.ts';

/** Messages to a page are at least this far apart (ms); a first one goes at once. */
const BATCH_MS = 50;
/** How often the files of other processes and the list of runs are looked at (ms). */
const FOLLOW_MS = 1000;
const WATCH = v.strictObject({
  t: v.literal('watch'),
  run: v.custom<string>(isRunId),
  since: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

export class LiveFeed {
  private readonly store: Store;
  private readonly faults: Faults;
  private readonly viewers = new Set<Viewer>();
  private readonly channels: Channels;
  private readonly follower: NodeJS.Timeout;
  private batch: NodeJS.Timeout | null = null;
  private lastBatch = 0;
  private list: readonly RunSummary[] = [];
  private listed = '';
  private listVersion = 0;

  constructor(store: Store, faults: Faults) {
    this.store = store;
    this.faults = faults;
    this.channels = new Channels(store, {
      watched: () => new Set([...this.viewers].flatMap(({ run }) => run ?? [])),
      changed: () => this.schedule(),
      failed: (run, error) => faults.guard('An answer to a page', () => this.tellFailure(run, error)),
    });
    this.follower = setInterval(() => faults.guard('Following the runs', () => this.follow()), FOLLOW_MS);
  }

  get size(): number {
    return this.viewers.size;
  }

  /** Takes a page in: greets it and waits for what it wants to watch. */
  join(socket: WebSocket): void {
    const viewer = new Viewer(socket, () => this.schedule());
    this.viewers.add(viewer);
    socket.on('close', () => this.viewers.delete(viewer));
    socket.on('message', (data, binary) => {
      this.faults.guard('A message of a page', () => this.hear(viewer, binary ? bytesOf(data) : new Uint8Array(0)));
    });
    this.refreshList();
    viewer.listed = this.listVersion;
    viewer.tell({ t: 'hello', v: PROTOCOL_VERSION, version: VERSION, runs: this.list });
  }

  /** Takes stored records, in order of seq, of any runs. */
  publish(records: readonly AnyRecord[]): void {
    for (let i = 0; i < records.length; ) {
      const { run } = records[i]!;
      let end = i + 1;
      while (end < records.length && records[end]!.run === run) end++;
      this.channels.publish(run, records.slice(i, end));
      i = end;
    }
    if (this.viewers.size === 0) return;
    if (records.some(({ kind }) => kind === 'run' || kind === 'end')) this.refreshList();
    this.schedule();
  }

  close(): void {
    clearInterval(this.follower);
    if (this.batch !== null) clearTimeout(this.batch);
    this.batch = null;
    this.channels.clear();
  }

  private hear(viewer: Viewer, bytes: Uint8Array): void {
    const message = parse(bytes);
    if (message === null) {
      viewer.refuse('Expected {t: "watch", run, since} as MessagePack, got something else: see docs/protocol.md.');
      return;
    }
    viewer.run = message.run;
    viewer.seq = message.since;
    viewer.answered = false;
    this.channels.open(message.run);
    this.schedule();
  }

  private tellFailure(run: string, error: unknown): void {
    if (!(error instanceof RangeError)) this.faults.note(`Reading run ${run}`, error);
    for (const viewer of this.viewers) {
      if (viewer.run !== run) continue;
      viewer.run = null;
      viewer.tell({ t: 'error', message: error instanceof Error ? error.message : String(error) });
    }
  }

  private schedule(): void {
    if (this.batch !== null) return;
    const wait = Math.max(0, this.lastBatch + BATCH_MS - performance.now());
    this.batch = setTimeout(() => {
      this.batch = null;
      this.lastBatch = performance.now();
      this.faults.guard('The live feed', () => this.sendBatch());
    }, wait);
  }

  private sendBatch(): void {
    const frames = new Map<string, Uint8Array>();
    for (const viewer of this.viewers) {
      if (!viewer.isReady) continue;
      if (viewer.listed !== this.listVersion) {
        viewer.listed = this.listVersion;
        viewer.tell({ t: 'runs', runs: this.list });
      }
      const channel = viewer.run === null ? undefined : this.channels.get(viewer.run);
      if (channel !== undefined && !channel.isReading) this.bringUp(viewer, channel, frames);
    }
  }

  /** Sends what a page lacks, and an answer to `watch` in any case; pages that lack the same share the bytes. */
  private bringUp(viewer: Viewer, channel: Channel, frames: Map<string, Uint8Array>): void {
    if (viewer.answered && viewer.seq === channel.lastSeq) return;
    const key = `${channel.run} ${viewer.seq}`;
    let frame = frames.get(key);
    if (frame === undefined) {
      frame = encodeMessage(channel.messageSince(viewer.seq));
      frames.set(key, frame);
    }
    viewer.answered = true;
    viewer.seq = channel.lastSeq;
    viewer.send(frame);
  }

  private follow(): void {
    if (this.viewers.size === 0) return;
    this.refreshList();
    this.channels.follow(this.list);
    this.schedule();
  }

  private refreshList(): void {
    this.list = this.store.runs();
    const text = JSON.stringify(this.list);
    if (text === this.listed) return;
    this.listed = text;
    this.listVersion++;
  }
}

function parse(bytes: Uint8Array): v.InferOutput<typeof WATCH> | null {
  try {
    const result = v.safeParse(WATCH, decodeFrame(bytes));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
