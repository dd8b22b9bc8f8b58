import { groupsOfRows } from '../capture/gradients/groups.ts';
import { clearedSums, DenseGram, type SumsAt } from '../capture/gradients/sums/dense-gram.ts';
import type { PieceSums } from '../capture/gradients/sums/pass-sums.ts';
import { OwnMemory } from './own-memory.ts';
import type { Product, Slot } from './slots.ts';

const FLOAT = 4;

/** Computes class Grams of dense layers with the SIMD code in memory of its own: bit for bit as the training thread would. */
export class Calculator {
  private readonly memory: OwnMemory;

  /** Throws where wasm SIMD is missing. */
  constructor() {
    this.memory = new OwnMemory();
  }

  /** Leaves the results of all products in the slot. */
  compute(slot: Slot): void {
    const dense = new DenseGram(this.memory, groupsOfRows(slot.rowOf, slot.rows));
    for (const product of slot.products) this.product(product, dense, slot);
  }

  private product({ x, d, din, dout, factor, ...sums }: Product, dense: DenseGram, { rows, examples }: Slot): void {
    const operands = { x: this.copied('x', x), d: this.copied('d', d), din, dout };
    const cleared = (name: string) => clearedSums(this.memory, name, rows, examples);
    const [to, toFactor] = [cleared('sums'), cleared('factor')];
    const forms = dense.formsFactor(din, dout);
    dense.add(operands, to, forms ? toFactor : null);
    if (!forms) dense.addRows(operands.d, dout, toFactor);
    this.hand(to, sums);
    this.hand(toFactor, factor);
  }

  private copied(name: string, values: Float32Array): number {
    const at = this.memory.room(name, values.length * FLOAT);
    this.memory.floats(at, values.length).set(values);
    return at;
  }

  private hand(from: SumsAt, { gram, squares }: PieceSums): void {
    gram.set(this.memory.doubles(from.gram, gram.length));
    squares.set(this.memory.doubles(from.squares, squares.length));
  }
}
