/** One run as the pages see it: its folded history and its newest records. */
import { RunHistory } from '../history.ts';
import { type PageMessage, seedOf } from '../protocol.ts';
import type { AnyRecord } from '../record.ts';
import type { Store } from '../store/store.ts';
import { RecordRing } from './record-ring.ts';

/** How long reading from disk may hold up the live feed at a time (ms). */
const SLICE_MS = 8;
/** Records between two looks at the clock. */
const SLICE_RECORDS = 128;
/** Records in one message; a page that lacks more gets a seed, which is smaller. */
const MAX_BATCH = 4096;

export class Channel {
  readonly run: string;
  /** Whether its records are handed over by this process; else its file is followed. */
  published = false;
  private history = new RunHistory();
  private ring = new RecordRing(0);
  /** What was published while the file is being read. */
  private waiting: AnyRecord[] = [];
  private reading: Promise<void> | null = null;

  constructor(run: string) {
    this.run = run;
  }

  get lastSeq(): number {
    return this.history.lastSeq;
  }

  get hasEnded(): boolean {
    return this.history.notices.at(-1)?.kind === 'end';
  }

  /** Whether the file is being read at this moment. */
  get isReading(): boolean {
    return this.reading !== null;
  }

  /** Takes records in order of seq; those known are ignored. */
  add(records: readonly AnyRecord[]): void {
    if (this.reading !== null) this.waiting.push(...records);
    else for (const record of records) this.fold(record);
  }

  /** Takes what the store has beyond the last record known, in slices. Rejects if the run cannot be read. */
  catchUp(store: Store): Promise<void> {
    this.reading ??= this.readOn(store).finally(() => {
      this.reading = null;
      this.add(this.waiting.splice(0));
    });
    return this.reading;
  }

  /** Forgets everything: the file was replaced by another one. */
  reset(): void {
    this.history = new RunHistory();
    this.ring = new RecordRing(0);
  }

  /** What a page needs that has everything up to `since`: the records after it if they are few and at hand, else a seed. */
  messageSince(since: number): PageMessage {
    const records = since > this.lastSeq ? null : this.ring.since(since);
    if (records === null || records.length > MAX_BATCH) return seedOf(this.run, this.history);
    return { t: 'records', run: this.run, records };
  }

  private async readOn(store: Store): Promise<void> {
    let until = performance.now() + SLICE_MS;
    let n = 0;
    for (const record of store.read(this.run, this.history.lastSeq)) {
      this.fold(record);
      if (++n % SLICE_RECORDS !== 0 || performance.now() < until) continue;
      await new Promise(setImmediate);
      until = performance.now() + SLICE_MS;
    }
  }

  private fold(record: AnyRecord): void {
    if (this.history.add(record)) this.ring.push(record);
  }
}
