/** The thread for class products: computes what the training thread hands over, and sleeps. Built into one self-contained file. */
import { parentPort, workerData } from 'node:worker_threads';
import { Calculator } from './calculator.ts';
import { DONE, HANDED_OVER, type SharedSlots, signal, slotsOf } from './slots.ts';

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
