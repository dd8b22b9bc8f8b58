/** The newest records of a run, so that a page that was away for a moment gets just what it missed. */
import type { AnyRecord } from '../record.ts';

const MAX_RECORDS = 16_384;
const MAX_BYTES = 8 * 1024 * 1024;
/** What a record takes beside its values, roughly. */
const RECORD_BYTES = 200;

export class RecordRing {
  private records: AnyRecord[] = [];
  private start = 0;
  private bytes = 0;
  /** Seq of the last record that was let go; everything after it is here. */
  private base: number;

  /** `base`: seq up to which the ring was not told anything. */
  constructor(base: number) {
    this.base = base;
  }

  /** Takes the next record; seqs ascend. */
  push(record: AnyRecord): void {
    this.records.push(record);
    this.bytes += sizeOf(record);
    while (this.records.length - this.start > MAX_RECORDS || this.bytes > MAX_BYTES) this.drop();
    // What was let go is still held until the list is copied: by then it is as much as what is wanted.
    if (this.start > this.records.length / 2) {
      this.records = this.records.slice(this.start);
      this.start = 0;
    }
  }

  /** All records after a seq, or null if some of them are gone. */
  since(seq: number): AnyRecord[] | null {
    if (seq < this.base) return null;
    let low = this.start;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.records[middle]!.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return this.records.slice(low);
  }

  private drop(): void {
    const record = this.records[this.start++]!;
    this.base = record.seq;
    this.bytes -= sizeOf(record);
  }
}

function sizeOf(record: AnyRecord): number {
  return RECORD_BYTES + (record.kind === 'measurement' ? record.values.length : 0);
}
