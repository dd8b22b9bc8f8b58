/**
 * Memory that the training thread shares with the thread for class products: a few slots, each for the products of one
 * backward pass on their way there and back. A slot belongs to one side at a time, as its state says; it may be filled in
 * any order. The training thread copies and moves on.
 */
import type { DenseSums, PieceSums } from '../capture/gradients/sums/pass-sums.ts';

/** Passes that may be under way at a time; more of them would only wait longer. */
const SLOTS = 4;
/** Of one slot; pages that no pass has reached take no memory. */
const SLOT_BYTES = 16 * 2 ** 20;
/** In one pass. */
const MAX_PRODUCTS = 256;

/** How often the other thread looks for work, and how long it does so in vain. */
const NAP_MS = 0.5;
const DROWSY_MS = 200;

/** Who has a slot. */
export const FREE = 0;
/** The training thread writes what is to be computed. */
export const OPEN = 1;
/** Waits for the other thread, or is being computed. */
export const HANDED_OVER = 2;
/** The results are there. */
export const DONE = 3;

/** Words of `control`: passes handed over so far (modulo 2^32), whether the other thread sleeps; then the state of each slot. */
const HANDED = 0;
const ASLEEP = 1;
const STATES = 2;

/** Words at the start of a slot, and of each product there. */
const HEAD = 3;
const WORDS = 4;
const WORD = 4;
const DOUBLE = 8;
/** Where values start: on a line of the processor's cache. */
const LINE = 64;

/** Travels to the other thread as it is. */
export interface SharedSlots {
  readonly control: Int32Array;
  readonly memory: SharedArrayBuffer;
}

/** One dense layer: x [examples, din], d [examples, dout], and what comes of them. */
export interface Product extends DenseSums {
  readonly piece: number;
  readonly din: number;
  readonly dout: number;
  readonly x: Float32Array;
  readonly d: Float32Array;
}

export function shareSlots(slots = SLOTS, bytes = SLOT_BYTES): SharedSlots {
  return {
    control: new Int32Array(new SharedArrayBuffer((STATES + slots) * WORD)),
    memory: new SharedArrayBuffer(slots * bytes),
  };
}

export function slotsOf({ control, memory }: SharedSlots): Slot[] {
  const count = control.length - STATES;
  const bytes = memory.byteLength / count;
  return Array.from({ length: count }, (_, i) => new Slot(control, STATES + i, memory, i * bytes, bytes));
}

/** Room for the products of one backward pass. */
export class Slot {
  private readonly control: Int32Array;
  private readonly word: number;
  private readonly memory: SharedArrayBuffer;
  private readonly start: number;
  private readonly bytes: number;
  /** Products, examples, rows; then piece, din, dout and place of each product. */
  private readonly head: Int32Array;
  private readonly rowsAt: number;
  /** Where the next product goes, while it is open. */
  private end = 0;

  constructor(control: Int32Array, word: number, memory: SharedArrayBuffer, start: number, bytes: number) {
    this.control = control;
    this.word = word;
    this.memory = memory;
    this.start = start;
    this.bytes = bytes;
    this.head = new Int32Array(memory, start, HEAD + MAX_PRODUCTS * WORDS);
    this.rowsAt = start + aligned(this.head.byteLength);
  }

  get state(): number {
    return Atomics.load(this.control, this.word);
  }

  set state(state: number) {
    Atomics.store(this.control, this.word, state);
  }

  /** Row of each example. */
  get rowOf(): Int32Array {
    return new Int32Array(this.memory, this.rowsAt, this.examples);
  }

  get examples(): number {
    return this.head[1]!;
  }

  get rows(): number {
    return this.head[2]!;
  }

  /** Begins anew. False if there is no room. */
  open(rowOf: Int32Array, rows: number): boolean {
    this.end = this.rowsAt + aligned(rowOf.byteLength);
    if (this.end > this.start + this.bytes) return false;
    this.head.set([0, rowOf.length, rows]);
    this.rowOf.set(rowOf);
    return true;
  }

  /** Copies a product, and says where its results will be. Null if there is no room: nothing was written. */
  add(piece: number, x: Float32Array, d: Float32Array, din: number, dout: number): Product | null {
    const count = this.head[0]!;
    const at = this.end;
    const end = at + this.placesOf(din, dout).end;
    if (count === MAX_PRODUCTS || end > this.start + this.bytes) return null;
    this.head.set([piece, din, dout, at - this.start], HEAD + count * WORDS);
    const place = this.product(count);
    place.x.set(x);
    place.d.set(d);
    this.head[0] = count + 1;
    this.end = end;
    return place;
  }

  get products(): Product[] {
    return Array.from({ length: this.head[0]! }, (_, i) => this.product(i));
  }

  private product(index: number): Product {
    const { head, memory, examples } = this;
    const word = HEAD + index * WORDS;
    const [piece, din, dout] = [head[word]!, head[word + 1]!, head[word + 2]!];
    const at = this.start + head[word + 3]!;
    const { factor, x, d } = this.placesOf(din, dout);
    return {
      ...{ piece, din, dout, ...this.sums(at) },
      factor: this.sums(at + factor),
      x: new Float32Array(memory, at + x, examples * din),
      d: new Float32Array(memory, at + d, examples * dout),
    };
  }

  private sums(at: number): PieceSums {
    const { memory, examples, rows } = this;
    return {
      gram: new Float64Array(memory, at, rows ** 2),
      squares: new Float64Array(memory, at + aligned(rows ** 2 * DOUBLE), examples),
    };
  }

  /** Bytes from the start of a product to its parts; its sums come first. */
  private placesOf(din: number, dout: number) {
    const { examples, rows } = this;
    const factor = aligned(rows ** 2 * DOUBLE) + aligned(examples * DOUBLE);
    const x = 2 * factor;
    const d = x + aligned(examples * din * WORD);
    return { factor, x, d, end: d + aligned(examples * dout * WORD) };
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / LINE) * LINE;
}

/**
 * How the threads meet. Waking a thread is a system call, and on a busy machine the woken one takes the place
 * of the one that woke it: the other thread looks by itself, and sleeps only when nothing has come for a while.
 */
export const signal = {
  /** Something was handed over. */
  handOver({ control }: SharedSlots): void {
    Atomics.add(control, HANDED, 1);
    if (Atomics.load(control, ASLEEP) === 1) Atomics.notify(control, HANDED);
  },
  /** Calls `work` whenever something may have been handed over; blocks until the thread is ended. */
  serve({ control }: SharedSlots, work: () => void): never {
    let seen = -1;
    let busy = performance.now();
    for (;;) {
      const handed = Atomics.load(control, HANDED);
      if (handed !== seen) {
        work();
        seen = handed;
        busy = performance.now();
      }
      const isAsleep = performance.now() - busy > DROWSY_MS;
      Atomics.store(control, ASLEEP, isAsleep ? 1 : 0);
      // Returns at once if something was handed over since.
      Atomics.wait(control, HANDED, handed, isAsleep ? Number.POSITIVE_INFINITY : NAP_MS);
    }
  },
};
