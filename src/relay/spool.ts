/** Records that wait until a server has confirmed them, in bounded memory. */
import type { AnyRecord } from '../record.ts';

/** Bytes that wait at most; beyond it the oldest measurements are let go, and counted. */
export const MAX_SPOOL_BYTES = 64 * 1024 * 1024;
/** Of a full spool this much is kept, so that not every further record goes through all of it again. */
const KEPT_SHARE = 0.9;
/** What a record takes beside its values, roughly. */
const RECORD_BYTES = 200;
/** Bytes of values and records in one batch, well below what a server takes. */
const MAX_BATCH_BYTES = 1024 * 1024;
const MAX_BATCH_RECORDS = 4096;

export class Spool {
  /** Records let go. */
  dropped = 0;
  private readonly most: number;
  /** Oldest first; those before `sent` are on their way. */
  private records: AnyRecord[] = [];
  private bytes = 0;
  private sent = 0;
  /** First and last seq of each stretch of records let go, ascending, that the server may not have. */
  private gaps: [number, number][] = [];

  constructor(most = MAX_SPOOL_BYTES) {
    this.most = most;
  }

  get size(): number {
    return this.records.length;
  }

  /** Takes records in order of seq. Says whether some had to be let go. */
  push(records: readonly AnyRecord[]): boolean {
    for (const record of records) {
      this.records.push(record);
      this.bytes += sizeOf(record);
    }
    if (this.bytes <= this.most) return false;
    this.drop();
    return true;
  }

  /** The next records to send; they stay here until they are confirmed. Empty if all are on their way. */
  next(): AnyRecord[] {
    let end = this.sent;
    let bytes = 0;
    while (end < this.records.length && end - this.sent < MAX_BATCH_RECORDS) {
      bytes += sizeOf(this.records[end]!);
      if (bytes > MAX_BATCH_BYTES && end > this.sent) break;
      end++;
    }
    const batch = this.records.slice(this.sent, end);
    this.sent = end;
    return batch;
  }

  /** The stretches of seq before the end of a batch that were let go: the server is told, or it would refuse the batch. */
  gapsBefore(batch: readonly AnyRecord[]): [number, number][] {
    const last = batch.at(-1)?.seq ?? 0;
    return this.gaps.filter(([first]) => first <= last);
  }

  /** Lets go of everything, and counts it. */
  clear(): void {
    this.dropped += this.records.length;
    this.records = [];
    this.gaps = [];
    this.bytes = 0;
    this.sent = 0;
  }

  /** The connection is gone: whatever was not confirmed is to be sent again. */
  rewind(): void {
    this.sent = 0;
  }

  /** Lets go of everything up to a seq. */
  confirm(seq: number): void {
    let done = 0;
    while (done < this.records.length && this.records[done]!.seq <= seq) this.bytes -= sizeOf(this.records[done++]!);
    this.records = this.records.slice(done);
    this.sent = Math.max(0, this.sent - done);
    this.gaps = this.gaps.filter(([, last]) => last > seq);
  }

  /** Lets the oldest measurements go; what explains the others (the run, its metrics, alerts) stays. */
  private drop(): void {
    const kept: AnyRecord[] = [];
    let sent = 0;
    this.records.forEach((record, i) => {
      if (record.kind === 'measurement' && this.bytes > this.most * KEPT_SHARE) {
        this.bytes -= sizeOf(record);
        this.dropped++;
        this.leave(record.seq);
        return;
      }
      if (i < this.sent) sent++;
      kept.push(record);
    });
    this.records = kept;
    this.sent = sent;
  }

  private leave(seq: number): void {
    const gap = this.gaps.at(-1);
    if (gap !== undefined && gap[1] === seq - 1) gap[1] = seq;
    else this.gaps.push([seq, seq]);
  }
}

function sizeOf(record: AnyRecord): number {
  return RECORD_BYTES + (record.kind === 'measurement' ? record.values.length : 0);
}
