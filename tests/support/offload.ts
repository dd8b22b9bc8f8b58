import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import { HANDED_OVER, type Slot, shareSlots } from '../../src/offload/slots.ts';
import { OffloadThread } from '../../src/offload/thread.ts';
import { ROOT } from './script.ts';

/** The built worker of the relay: that of the class products is found next to it. */
export const RELAY_WORKER = new URL('dist/relay/worker.js', `file://${ROOT}`);
export const OFFLOAD_WORKER = new URL('offload.js', RELAY_WORKER);

export interface Started {
  readonly thread: OffloadThread;
  readonly sentences: string[];
}

/** A thread that is closed when the test ends. `slots`, `bytes`: its shared memory. */
export async function started(slots = 4, bytes = 1 << 20, file = OFFLOAD_WORKER): Promise<Started> {
  const sentences: string[] = [];
  const thread = await OffloadThread.open(
    file,
    (sentence) => sentences.push(sentence),
    () => shareSlots(slots, bytes),
  );
  if (thread === null) throw new Error(`Expected ${fileURLToPath(file)} to start: ${sentences.join(' ')}`);
  onTestFinished(() => thread.close());
  return { thread, sentences };
}

/** Waits for results as long as the test does: a busy machine is no dead thread. */
export function makePatient(thread: OffloadThread): void {
  (thread as unknown as { patienceMs: number }).patienceMs = Number.POSITIVE_INFINITY;
}

/** Ends the worker behind the thread's back, as if it had died. */
export async function kill(thread: OffloadThread): Promise<void> {
  await (thread as unknown as { worker: { terminate(): Promise<number> } }).worker.terminate();
}

/** Resolves when the worker has computed all that was handed over to it, if anything was, however busy the machine is. */
export async function caughtUp(thread: OffloadThread | undefined): Promise<void> {
  if (thread === undefined) return;
  const { slots } = thread as unknown as { slots: readonly Slot[] };
  const isBusy = () => slots.some(({ state }) => state === HANDED_OVER);
  await vi.waitUntil(() => !isBusy(), { timeout: 20_000, interval: 1 });
}
