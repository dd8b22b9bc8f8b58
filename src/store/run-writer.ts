/** One run that this process writes: what is not on disk yet, and how it gets there. */
import { encode } from '@msgpack/msgpack';
import { type AnyRecord, fullName, type MeasurementRecord } from '../record.ts';
import { CHUNK_BYTES, CHUNK_ROWS, encodeChunk, fitsChunk } from './chunk.ts';
import { RunFile } from './run-file.ts';
import { emptySummary, type FileSummary, isWritten, summarise } from './run-summary.ts';

/** At most this many bytes wait for a disk that takes none; beyond it the oldest measurements are let go, and counted. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** What a waiting record costs beside its values. */
const RECORD_BYTES = 100;

/** Consecutive measurements of one metric. */
interface Chunk {
  readonly records: MeasurementRecord[];
  bytes: number;
  /** Whether the disk lacks some of it. */
  dirty: boolean;
}

interface Row {
  readonly record: AnyRecord;
  readonly data: Uint8Array;
}

export class RunWriter {
  readonly run: string;
  /** Records let go because the disk took none for too long. */
  dropped = 0;
  /** When the last record came (ms since the epoch). */
  touched = Date.now();
  readonly summary: FileSummary;
  private readonly file = new RunFile();
  private rows: Row[] = [];
  /** The open chunk of each metric. It stays in memory and is written again, under its first seq, at every flush. */
  private readonly tails = new Map<string, Chunk>();
  /** Full chunks that the disk lacks, oldest first. */
  private full: Chunk[] = [];
  private waiting = 0;
  private open = true;

  /** Creates the file or goes on with one that another process has left. Throws if another process is writing it. */
  constructor(path: string, run: string, written: number | null) {
    this.run = run;
    this.file.open(path, 'rwc');
    try {
      this.summary = this.claim(written);
    } catch (error) {
      this.file.close();
      throw error;
    }
  }

  /** Takes a record. One that is known by its seq is ignored. Throws if its body cannot be encoded. */
  add(record: AnyRecord): void {
    if (record.seq <= this.summary.lastSeq) return;
    if (record.kind === 'measurement') this.measure(record);
    else {
      const data = encode(record, { ignoreUndefined: true });
      this.rows.push({ record, data });
      this.waiting += data.length + RECORD_BYTES;
    }
    summarise(this.summary, record);
    this.touched = Date.now();
    while (this.waiting > MAX_WAITING_BYTES) this.drop();
  }

  /** Writes everything that the disk lacks in one transaction. Throws what SQLite says; then nothing is lost or half done. */
  flush(): void {
    const chunks = [...this.full, ...[...this.tails.values()].filter(({ dirty }) => dirty)];
    if (!this.open || (chunks.length === 0 && this.rows.length === 0)) return;
    this.file.transaction(() => {
      for (const { record, data } of this.rows) {
        this.file.run('INSERT OR IGNORE INTO run.records VALUES (?, ?, ?)', record.seq, record.kind, data);
      }
      for (const chunk of chunks) this.writeChunk(chunk);
      this.writeSummary(this.summary);
    });
    for (const chunk of chunks) chunk.dirty = false;
    this.rows = [];
    this.full = [];
    this.waiting = 0;
  }

  /** Everything held in memory after a seq, in order; some of it is on disk as well. */
  held(since: number): AnyRecord[] {
    const chunks = [...this.full, ...this.tails.values()];
    const records = [...this.rows.map(({ record }) => record), ...chunks.flatMap((chunk) => chunk.records)];
    return records.filter(({ seq }) => seq > since).sort((a, b) => a.seq - b.seq);
  }

  /** Flushes, makes a run that has ended one plain file, and lets go of the file in any case. Throws if the flush does. */
  close(): void {
    if (!this.open) return;
    try {
      this.flush();
      if (this.summary.status !== null) this.file.makePlain();
    } finally {
      this.open = false;
      this.file.close();
    }
  }

  /** Says in the file, in one transaction, that this process writes it from now on. */
  private claim(written: number | null): FileSummary {
    const mine = emptySummary();
    let claimed = mine;
    this.file.transaction(() => {
      const found = this.file.summary();
      const other = found !== null && written !== null && found.status === null && isWritten(found, written);
      if (other && found.writer.pid !== process.pid) throw new Error(`process ${found.writer.pid} is writing it`);
      claimed = found === null ? mine : { ...found, writer: mine.writer };
      this.writeSummary(claimed);
    });
    return claimed;
  }

  private writeSummary(summary: FileSummary): void {
    this.file.run('INSERT OR REPLACE INTO run.summary VALUES (1, ?)', encode(summary));
  }

  private measure(record: MeasurementRecord): void {
    const name = fullName(record);
    let tail = this.tails.get(name);
    if (tail !== undefined && !hasRoom(tail, record)) {
      if (tail.dirty) this.full.push(tail);
      tail = undefined;
    }
    if (tail === undefined) {
      tail = { records: [], bytes: 0, dirty: true };
      this.tails.set(name, tail);
    }
    tail.records.push(record);
    tail.bytes += record.values.length;
    tail.dirty = true;
    this.waiting += record.values.length + RECORD_BYTES;
  }

  private writeChunk({ records }: Chunk): void {
    const first = records[0]!;
    this.file.run(
      'INSERT OR REPLACE INTO run.chunks VALUES (?, ?, ?, ?)',
      first.seq,
      records.at(-1)!.seq,
      fullName(first),
      encodeChunk(records),
    );
  }

  private drop(): void {
    const chunk = this.full.shift();
    const lost = chunk?.records.length ?? this.rows.length;
    this.dropped += lost;
    if (chunk !== undefined) this.waiting -= chunk.bytes + lost * RECORD_BYTES;
    else {
      // Only open chunks are left, each bounded by itself: begin to count anew.
      this.rows = [];
      this.waiting = 0;
    }
  }
}

function hasRoom({ records, bytes }: Chunk, next: MeasurementRecord): boolean {
  return (
    records.length < CHUNK_ROWS &&
    bytes + next.values.length <= CHUNK_BYTES &&
    fitsChunk(records[records.length - 1]!, next)
  );
}
