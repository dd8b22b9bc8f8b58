/** The door for writers: training processes that keep their run on this server. */
import * as v from 'valibot';
import type { WebSocket } from 'ws';
import { encodeMessage, type IngestMessage, PROTOCOL_VERSION } from '../protocol.ts';
import type { AnyRecord } from '../record.ts';
import { isRunId } from '../store/run-id.ts';
import type { Store } from '../store/store.ts';
import type { Faults } from './faults.ts';
import { decodeFrame } from './frame.ts';
import { parseRecord } from './record-schema.ts';
import { bytesOf } from './viewer.ts';

/** Records in one frame. */
export const MAX_FRAME_RECORDS = 65_536;
/** What writers sent is made durable, and confirmed, this long after it came (ms). */
const FLUSH_MS = 200;
/** Close codes: sending the same again is no use; the server could not take it now. */
const REFUSAL = 1008;
const FAULT = 1011;

const OPEN = v.strictObject({ t: v.literal('open'), v: v.number(), run: v.string() });
const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const RECORDS = v.strictObject({
  t: v.literal('records'),
  run: v.string(),
  gaps: v.exactOptional(v.pipe(v.array(v.strictTuple([seq, seq])), v.maxLength(MAX_FRAME_RECORDS))),
  records: v.pipe(v.array(v.unknown()), v.maxLength(MAX_FRAME_RECORDS)),
});
const MESSAGE = v.variant('t', [OPEN, RECORDS]);

interface Writer {
  readonly socket: WebSocket;
  run: string | null;
  /** Seq of the last record taken, and of the last one confirmed. */
  seq: number;
  confirmed: number;
  ended: boolean;
  /** Told to go: what still comes through its closing socket is not taken. */
  refused: boolean;
}

export class Ingest {
  private readonly store: Store;
  private readonly faults: Faults;
  private readonly publish: (records: readonly AnyRecord[]) => void;
  private readonly writers = new Set<Writer>();
  /** Runs that came in through this door: they may come back after a broken connection. */
  private readonly runs = new Set<string>();
  private timer: NodeJS.Timeout | null = null;

  constructor(store: Store, faults: Faults, publish: (records: readonly AnyRecord[]) => void) {
    this.store = store;
    this.faults = faults;
    this.publish = publish;
  }

  get size(): number {
    return this.writers.size;
  }

  /** Takes a writer in and waits for its `open`. */
  join(socket: WebSocket): void {
    const writer: Writer = { socket, run: null, seq: 0, confirmed: 0, ended: false, refused: false };
    this.writers.add(writer);
    socket.on('close', () => this.writers.delete(writer));
    socket.on('message', (data, binary) => {
      if (writer.refused) return;
      try {
        this.hear(writer, binary ? bytesOf(data) : new Uint8Array(0));
      } catch (error) {
        const isOurs = !(error instanceof RangeError);
        if (isOurs) this.faults.note('Taking records', error);
        refuse(writer, error instanceof Error ? error.message : String(error), isOurs ? FAULT : REFUSAL);
      }
    });
  }

  close(): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.confirm();
  }

  private hear(writer: Writer, bytes: Uint8Array): void {
    const result = v.safeParse(MESSAGE, decodeFrame(bytes));
    if (!result.success) throw new RangeError('Expected an open or records message: see docs/protocol.md.');
    if (result.output.t === 'open') this.open(writer, result.output);
    else this.take(writer, result.output);
  }

  private open(writer: Writer, { v: version, run }: v.InferOutput<typeof OPEN>): void {
    if (version !== PROTOCOL_VERSION) {
      throw new RangeError(
        `This server speaks version ${PROTOCOL_VERSION}, the writer ${version}: update the older of the two.`,
      );
    }
    if (!isRunId(run))
      throw new RangeError('Expected a run id of 4 to 64 lower-case letters, digits and hyphens: choose another one.');
    if (writer.run !== null)
      throw new RangeError('One connection carries one run: open another connection for another run.');
    this.turnOut(run);
    if (this.store.owns(run) && !this.runs.has(run)) {
      throw new RangeError(`Run ${run} is written by the server's own process: start a run of your own.`);
    }
    writer.run = run;
    this.runs.add(run);
    this.store.flush();
    const found = this.store.runs().find((row) => row.run === run);
    writer.seq = found?.lastSeq ?? 0;
    writer.ended = found !== undefined && found.state !== 'live' && found.state !== 'abandoned';
    this.have(writer);
  }

  /** A connection that broke is often noticed by the writer first: its new one takes the place of the old. */
  private turnOut(run: string): void {
    for (const other of this.writers) {
      if (other.run === run && !other.refused) refuse(other, `Another connection has taken over run ${run}.`);
    }
  }

  private take(writer: Writer, { run, records: values, gaps = [] }: v.InferOutput<typeof RECORDS>): void {
    if (run !== writer.run) throw new RangeError('Expected records of the run that was opened: open it first.');
    const records = values.map(parseRecord);
    if (records.some((record) => record.run !== run)) throw new RangeError(`Expected only records of run ${run}.`);
    const fresh = records.filter(({ seq }) => seq > writer.seq);
    if (fresh.some(({ seq }, i) => i > 0 && seq <= fresh[i - 1]!.seq))
      throw new RangeError('Expected records in order of seq.');
    checkGaps(fresh, writer.seq, gaps);
    if (fresh.length > 0) {
      if (writer.ended) throw new RangeError(`Run ${run} has ended: start another run.`);
      writer.ended = fresh.some(({ kind }) => kind === 'end');
      this.store.append(fresh);
      writer.seq = fresh.at(-1)!.seq;
      this.publish(fresh);
    }
    this.timer ??= setTimeout(() => this.confirm(), FLUSH_MS);
  }

  /** Makes durable what came, and only then says so: until then the writer keeps it. */
  private confirm(): void {
    this.timer = null;
    try {
      this.store.flush();
    } catch (error) {
      this.faults.note('Writing to disk', error);
      if (this.writers.size > 0) this.timer = setTimeout(() => this.confirm(), 5 * FLUSH_MS);
      return;
    }
    for (const writer of this.writers) {
      if (writer.run !== null && !writer.refused && writer.seq > writer.confirmed) this.have(writer);
    }
  }

  private have(writer: Writer): void {
    writer.confirmed = writer.seq;
    send(writer.socket, { t: 'have', run: writer.run!, seq: writer.seq });
  }
}

/**
 * Throws a RangeError at the first seq after `last` that is neither there nor in a gap that the writer has declared: a
 * `have` beyond it would make the writer delete what is not stored.
 */
function checkGaps(records: readonly AnyRecord[], last: number, gaps: readonly (readonly [number, number])[]): void {
  let expected = last + 1;
  let next = 0;
  for (const { seq } of records) {
    for (; next < gaps.length && gaps[next]![0] <= expected; next++) expected = Math.max(expected, gaps[next]![1] + 1);
    if (seq !== expected) {
      throw new RangeError(
        `Expected the record with seq ${expected}, got ${seq}: send every record from ${expected} on, in order, or start another run.`,
      );
    }
    expected = seq + 1;
  }
}

function refuse(writer: Writer, message: string, code = REFUSAL): void {
  writer.refused = true;
  send(writer.socket, { t: 'error', message });
  writer.socket.close(code);
}

function send(socket: WebSocket, message: IngestMessage): void {
  if (socket.readyState === socket.OPEN) socket.send(encodeMessage(message), { binary: true });
}
