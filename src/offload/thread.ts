import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Offload, OffloadedPass } from '../capture/gradients/offload.ts';
import type { DenseSums } from '../capture/gradients/sums/pass-sums.ts';
import { Pending } from '../capture/reading/later.ts';
import { Calculator } from './calculator.ts';
import { DONE, FREE, HANDED_OVER, OPEN, type SharedSlots, type Slot, shareSlots, signal, slotsOf } from './slots.ts';

/** A thread that keeps results waiting for longer than this is not counted on any more. */
const PATIENCE_MS = 1000;
/** Starting takes some 50 ms on an idle machine. */
const START_MS = 5000;

/** Sums of each piece, in shared memory. */
type Results = ReadonlyMap<number, DenseSums>;

/** The training thread's end of the thread for class products. Where that dies, or is too slow, all is computed here. */
export class OffloadThread implements Offload {
  private readonly worker: Worker;
  private readonly shared: SharedSlots;
  private readonly slots: readonly Slot[];
  private readonly report: (sentence: string) => void;
  private readonly exited: Promise<void>;
  /** Nobody is there to compute. */
  private isGone = false;
  private isClosing = false;
  private readonly patienceMs = PATIENCE_MS;
  /** Since when somebody waits for results. */
  private waitingSince: number | null = null;
  /** Slots whose results nobody wants any more. */
  private readonly forgotten = new Set<Slot>();
  private calculator: Calculator | null = null;

  private constructor(file: URL, report: (sentence: string) => void, shared: SharedSlots) {
    this.report = report;
    this.shared = shared;
    this.slots = slotsOf(shared);
    // The flags of the training process (loaders, profilers, --input-type) are not for the worker.
    this.worker = new Worker(file, { workerData: shared, execArgv: [] });
    this.worker.unref();
    this.exited = new Promise((resolve) => this.worker.once('exit', () => resolve()));
    this.worker.on('error', (error) => this.lose(error instanceof Error ? error.message : String(error)));
    this.worker.on('exit', (code) => this.lose(`it ended with exit code ${code}`));
  }

  /** Starts the thread out of its built file. Null, after a sentence, where that does not work. */
  static async open(
    file: URL,
    report: (sentence: string) => void,
    shared: () => SharedSlots = shareSlots,
  ): Promise<OffloadThread | null> {
    if (typeof SharedArrayBuffer === 'undefined') {
      report('There is no shared memory here: the class gradients are computed on the training thread.');
      return null;
    }
    if (file.protocol !== 'file:' || !existsSync(file)) {
      report(
        `Expected the worker for class gradients at ${file.href}, found nothing there, so they are computed on the ` +
          "training thread: copy classwatch's dist/relay/offload.js next to the relay worker.",
      );
      return null;
    }
    const thread = new OffloadThread(file, report, shared());
    await thread.started();
    if (!thread.isGone) return thread;
    await thread.close();
    return null;
  }

  begin(rowOf: Int32Array, rows: number): OffloadedPass | null {
    if (this.isGone || this.isClosing) return null;
    for (const slot of this.forgotten) if (slot.state === DONE) this.free(slot);
    const slot = this.slots.find(({ state }) => state === FREE);
    if (!slot?.open(rowOf, rows)) return null;
    slot.state = OPEN;
    const results = new Map<number, DenseSums>();
    return {
      product(piece, x, d, din, dout) {
        const product = slot.add(piece, x, d, din, dout);
        if (product !== null) results.set(piece, product);
        return product !== null;
      },
      finish: () => this.handOver(slot, results),
      abandon: () => {
        if (slot.state === OPEN) slot.state = FREE;
      },
    };
  }

  async close(): Promise<void> {
    this.isClosing = true;
    await this.worker.terminate();
    this.isGone = true;
  }

  private handOver(slot: Slot, results: Results): Pending<Results> {
    slot.state = HANDED_OVER;
    signal.handOver(this.shared);
    const isReady = () => this.isReady(slot);
    return new Pending({
      get ready() {
        return isReady();
      },
      take: () => this.take(slot, results),
      discard: () => void this.forgotten.add(slot),
    });
  }

  private isReady(slot: Slot): boolean {
    if (slot.state === DONE) {
      this.waitingSince = null;
      return true;
    }
    if (this.isGone) return true;
    const now = performance.now();
    this.waitingSince ??= now;
    if (now - this.waitingSince < this.patienceMs) return false;
    this.lose(`it has not answered for ${Math.round(now - this.waitingSince)} ms`);
    return true;
  }

  /** What the slot holds is good until it is opened again. */
  private take(slot: Slot, results: Results): Results {
    if (slot.state !== DONE) {
      // The copies are still there.
      this.calculator ??= new Calculator();
      this.calculator.compute(slot);
    }
    this.free(slot);
    return results;
  }

  private free(slot: Slot): void {
    this.forgotten.delete(slot);
    slot.state = FREE;
  }

  private async started(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.lose(`it has not started within ${START_MS} ms`);
        resolve();
      }, START_MS);
    });
    const ready = new Promise((resolve) => this.worker.once('message', resolve));
    await Promise.race([ready, this.exited, late]);
    clearTimeout(timer);
  }

  /** From now on everything is computed here. */
  private lose(reason: string): void {
    if (this.isGone) return;
    this.isGone = true;
    if (this.isClosing) return;
    this.report(
      `The thread for class gradients is gone (${reason}): they are computed on the training thread. Nothing is lost.`,
    );
    void this.worker.terminate();
  }
}
