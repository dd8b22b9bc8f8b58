/** The runs whose histories are in memory: those written here, those watched, and a few more. */
import type { AnyRecord } from '../record.ts';
import type { RunSummary, Store } from '../store/store.ts';
import { Channel } from './channel.ts';

/** Histories kept of runs that nobody watches and that no one here writes any more. */
const MAX_IDLE = 4;

export interface ChannelEvents {
  /** Which runs are being watched. */
  readonly watched: () => ReadonlySet<string>;
  /** There is something new to send. */
  readonly changed: () => void;
  /** A run could not be read. */
  readonly failed: (run: string, error: unknown) => void;
}

export class Channels {
  private readonly store: Store;
  private readonly events: ChannelEvents;
  /** In order of last use. */
  private readonly channels = new Map<string, Channel>();

  constructor(store: Store, events: ChannelEvents) {
    this.store = store;
    this.events = events;
  }

  /** The history of a run, if it is in memory. */
  get(run: string): Channel | undefined {
    return this.channels.get(run);
  }

  /** Makes sure that the history of a run is in memory, or soon will be, and up to date. */
  open(run: string): Channel {
    const channel = this.touch(run);
    if (!channel.published && !channel.isReading) this.catchUp(channel);
    return channel;
  }

  /** Takes records of one run, in order of seq, that this process has stored. */
  publish(run: string, records: readonly AnyRecord[]): void {
    let channel = this.channels.get(run);
    if (!channel?.published) {
      channel = this.touch(run);
      channel.published = true;
      // Records of before are in the store: a run that goes on after this server was started anew.
      if (records[0]!.seq > channel.lastSeq + 1) this.catchUp(channel);
    }
    channel.add(records);
  }

  /** Looks whether other processes have written more to the runs that are watched. */
  follow(list: readonly RunSummary[]): void {
    const watched = this.events.watched();
    for (const { run, lastSeq } of list) {
      const channel = this.channels.get(run);
      if (channel === undefined || channel.published || channel.isReading || !watched.has(run)) continue;
      if (lastSeq < channel.lastSeq) channel.reset();
      if (lastSeq !== channel.lastSeq) this.catchUp(channel);
    }
  }

  clear(): void {
    this.channels.clear();
  }

  private touch(run: string): Channel {
    const channel = this.channels.get(run) ?? new Channel(run);
    this.channels.delete(run);
    this.channels.set(run, channel);
    const watched = this.events.watched();
    const idle = [...this.channels.values()].filter(
      (other) => other !== channel && !watched.has(other.run) && !(other.published && !other.hasEnded),
    );
    for (const other of idle.slice(0, Math.max(0, idle.length - MAX_IDLE))) this.channels.delete(other.run);
    return channel;
  }

  private catchUp(channel: Channel): void {
    channel.catchUp(this.store).then(this.events.changed, (error: unknown) => {
      if (!channel.published) this.channels.delete(channel.run);
      this.events.failed(channel.run, error);
    });
  }
}
