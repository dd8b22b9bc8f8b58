import type { Native } from '../../../wasm/native.ts';
import type { TapeTensor } from '../../engine/tape.ts';
import type { Groups } from '../groups.ts';
import { FLOAT, type NativeRows } from './native-rows.ts';
import { type Spread, stepsOf } from './pass-sums.ts';

const DOUBLE = 8;

/** Class rows of one weight, and the squares of its single examples, by address. */
export interface ClassRows {
  readonly weights: number;
  readonly squares: number;
}

/** Gradients of dense layers by class, X_c^T D_c, where every example has one row in x [examples, din] and d [examples, dout]. */
export class ClassProducts {
  private readonly native: Native;
  private readonly groups: Groups;
  private readonly rooms: NativeRows;

  constructor(native: Native, groups: Groups, rooms: NativeRows) {
    this.native = native;
    this.groups = groups;
    this.rooms = rooms;
  }

  /** Adds the gradients of the classes to `weights`, the squares of those of single examples to `squares`. x, d: addresses. */
  add(x: number, d: number, din: number, dout: number, { weights, squares }: ClassRows): void {
    const { native, rooms } = this;
    const [rows, examples] = [this.groups.classOf.length, this.groups.rowOf.length];
    const order = rooms.put('order', this.groups.order);
    const starts = rooms.put('starts', this.groups.starts);
    const room = native.room('gathered', examples * (din + dout) * FLOAT);
    native.simd.classProducts!(x, d, examples, din, dout, order, starts, rows, weights, squares, room);
  }

  /** Adds the gradient of every example, x_i^T D_i over its rows, to a row of its own at `to`. x, d: addresses. */
  ofExamples(x: number, d: number, din: number, dout: number, spread: Spread, to: number): void {
    const examples = this.groups.rowOf.length;
    const [xStep, xRow] = stepsOf(spread, din, examples);
    const [dStep, dRow] = stepsOf(spread, dout, examples);
    for (let i = 0; i < examples; i++) {
      this.native.simd.exampleProduct!(
        ...[x + i * xStep, d + i * dStep, spread.per, xRow, dRow, din, dout, to + i * din * dout * FLOAT],
      );
    }
  }

  /** The gradients of the classes in rooms of their own, good until the next call; null where there is no room. */
  apart(x: TapeTensor, d: TapeTensor, din: number, dout: number): ClassRows | null {
    const { native, rooms, groups } = this;
    const values = groups.classOf.length * din * dout;
    if (!native.has(x) || !native.has(d) || !rooms.fits(values)) return null;
    const examples = groups.rowOf.length;
    // A bias of the same operation may come in between: it uses the common room.
    const weights = rooms.cleared('absorbed-rows', values);
    const squares = native.room('absorbed-squares', examples * DOUBLE);
    native.doubles(squares, examples).fill(0);
    this.add(native.address(x), native.address(d), din, dout, { weights, squares });
    return { weights, squares };
  }

  /** Writes the sum of all class rows, those of examples of no class among them. */
  sum({ weights }: ClassRows, to: TapeTensor): void {
    this.native.simd.sumRows!(weights, this.groups.classOf.length, to.size, 1, this.native.address(to));
  }
}
