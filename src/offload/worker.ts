/** The thread for class products: computes what the training thread hands over, and sleeps. Built into one self-contained file. */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { Calculator } from './calculator.ts';
import { DONE, HANDED_OVER, type SharedSlots, signal, slotsOf } from './slots.ts';

/**
 * Takes only the time that others leave: where no core is free, it would stand in the way of the thread it works for. On
 * Linux a thread has a priority of its own; elsewhere this would be that of the whole process.
 */
function stepBack(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not allowed here: as before, then.
  }
}

stepBack();
const shared = workerData as SharedSlots;
const slots = slotsOf(shared);
const calculator = new Calculator();
parentPort!.postMessage('ready');

signal.serve(shared, () => {
  for (const slot of slots) {
    if (slot.state !== HANDED_OVER) continue;
    calculator.compute(slot);
    slot.state = DONE;
  }
});
