import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import '../support/properties.ts';
import type { Native } from '../../src/wasm/native.ts';
import { distance, dot, uniform } from './backends.ts';
import * as memory from './memory.ts';
import { row, startNative } from './memory.ts';

const TOLERANCE = 1e-6;

let native: Native;
beforeAll(async () => {
  native = await startNative();
});
const put = (name: string, values: ArrayLike<number>) => memory.put(native, name, values);
const putDoubles = (name: string, values: ArrayLike<number>) => memory.putDoubles(native, name, values);
const putInts = (name: string, values: ArrayLike<number>) => memory.putInts(native, name, values);

interface Batch {
  readonly examples: number;
  readonly rows: number;
  readonly rowOf: readonly number[];
  readonly din: number;
  readonly dout: number;
  readonly seed: number;
}

/** Examples in random rows; some rows may have none. */
const batches = ({ examples = 21, size = 75 } = {}): fc.Arbitrary<Batch> =>
  fc
    .record({
      examples: fc.integer({ min: 1, max: examples }),
      rows: fc.integer({ min: 1, max: examples }),
      din: fc.integer({ min: 1, max: size }),
      dout: fc.integer({ min: 1, max: size }),
      seed: fc.integer({ min: 1, max: 1 << 20 }),
    })
    .chain((batch) =>
      fc
        .array(fc.nat({ max: batch.rows - 1 }), { minLength: batch.examples, maxLength: batch.examples })
        .map((rowOf) => ({ ...batch, rowOf })),
    );

const dense = (examples: number, din: number, dout: number): Batch => ({
  ...{ examples, din, dout, seed: 3, rows: examples },
  rowOf: Array.from({ length: examples }, (_, i) => i),
});

const valuesOf = ({ examples, din, dout, seed }: Batch) => ({
  x: uniform([examples, din], seed).values,
  d: uniform([examples, dout], seed + 1).values,
});

/** A symmetric matrix to add to. */
function symmetric(rows: number, seed: number): Float64Array {
  const { values } = uniform([rows, rows], seed);
  return Float64Array.from({ length: rows * rows }, (_, at) => {
    const [a, b] = [Math.floor(at / rows), at % rows];
    return values[Math.max(a, b) * rows + Math.min(a, b)]!;
  });
}

function expectSymmetric(gram: Float64Array, rows: number): void {
  for (let a = 0; a < rows; a++) for (let b = 0; b < a; b++) expect(gram[a * rows + b]).toBe(gram[b * rows + a]);
}

/** Adds what examples i and j have in common, k. */
function add(
  { gram, squares }: { gram: Float64Array; squares: Float64Array },
  k: number,
  i: number,
  j: number,
  { rowOf, rows }: Batch,
): void {
  gram[rowOf[i]! * rows + rowOf[j]!]! += k;
  if (i === j) squares[i]! += k;
}

describe('classGhost', () => {
  const check = (batch: Batch, same = false) => {
    const { examples, din, rows, rowOf, seed } = batch;
    const dout = same ? din : batch.dout;
    const { x, d: other } = valuesOf(batch);
    const d = same ? x : other;
    const before = symmetric(rows, seed + 2);
    const already = uniform([examples], seed + 3).values;
    const [product, factor] = [0, 1].map(() => ({ gram: before.slice(), squares: Float64Array.from(already) }));
    for (let i = 0; i < examples; i++) {
      for (let j = 0; j < examples; j++) {
        const k = dot(row(d, i, dout), row(d, j, dout));
        add(factor!, k, i, j, batch);
        add(product!, k * dot(row(x, i, din), row(x, j, din)), i, j, batch);
      }
    }
    const xs = put('x', x);
    const ds = same ? xs : put('d', d);
    const operands = [xs.at, ds.at, examples, din, dout, putInts('row-of', rowOf), rows];
    const rooms = (name: string) =>
      [putDoubles(`${name} gram`, before), putDoubles(`${name} squares`, already)] as const;
    for (const wanted of [true, false]) {
      const [gram, squares] = rooms('product');
      const [factorGram, factorSquares] = rooms('factor');
      const to = [gram.at, squares.at, ...(wanted ? [factorGram.at, factorSquares.at] : [0, 0])];
      native.simd.classGhost!(...operands, ...to);
      expect(distance(gram.take(), product!.gram)).toBeLessThan(TOLERANCE);
      expect(distance(squares.take(), product!.squares)).toBeLessThan(TOLERANCE);
      expect(distance(factorGram.take(), wanted ? factor!.gram : before)).toBeLessThan(TOLERANCE);
      expect(distance(factorSquares.take(), wanted ? factor!.squares : already)).toBeLessThan(TOLERANCE);
      for (const one of [gram, factorGram]) expectSymmetric(one.take(), rows);
    }
  };

  test('is the class Gram of outer products, and their squares, added to what was there; that of d alone where it is wanted', () => {
    fc.assert(fc.property(batches(), (batch) => check(batch)));
  });

  test('takes one matrix for both factors', () => {
    fc.assert(
      fc.property(batches(), (batch) => check(batch, true)),
      { numRuns: 20 },
    );
  });

  test('takes rows longer than a block, one example, one class', () => {
    for (const batch of [
      dense(5, 4099, 9001),
      dense(1, 33, 1),
      { ...dense(9, 40, 7), rowOf: Array(9).fill(0), rows: 1 },
    ]) {
      check(batch);
    }
  });

  test('passes NaN on to the classes that have it, and to no other', () => {
    const batch = { ...dense(8, 64, 8), rows: 2, rowOf: [0, 0, 0, 0, 1, 1, 1, 1] };
    const { x, d } = valuesOf(batch);
    x[64 * 5 + 3] = Number.NaN;
    const [gram, squares] = [putDoubles('gram', new Float64Array(4)), putDoubles('squares', new Float64Array(8))];
    native.simd.classGhost!(
      ...[put('x', x).at, put('d', d).at, 8, 64, 8, putInts('row-of', batch.rowOf), 2, gram.at, squares.at, 0, 0],
    );
    expect([...gram.take()].map(Number.isNaN)).toEqual([false, true, true, true]);
    expect([...squares.take()].map(Number.isNaN).indexOf(true)).toBe(5);
  });
});

/** Class sums of outer products, and the square of each: what classProducts must give. */
function outerSums({ examples, din, dout, rows, rowOf }: Batch, x: ArrayLike<number>, d: ArrayLike<number>) {
  const weights = new Float64Array(rows * din * dout);
  const squares = new Float64Array(examples);
  for (let i = 0; i < examples; i++) {
    for (let a = 0; a < din; a++) {
      for (let b = 0; b < dout; b++) {
        const value = x[i * din + a]! * d[i * dout + b]!;
        weights[(rowOf[i]! * din + a) * dout + b]! += value;
        squares[i]! += value ** 2;
      }
    }
  }
  return { weights, squares };
}

describe('classProducts', () => {
  const check = (batch: Batch) => {
    const { examples, din, dout, rows, rowOf, seed } = batch;
    const { x, d } = valuesOf(batch);
    const before = uniform([rows, din, dout], seed + 2).values;
    const expected = outerSums(batch, x, d);
    const order = rowOf.map((_, i) => i).sort((a, b) => rowOf[a]! - rowOf[b]! || a - b);
    const starts = Array.from({ length: rows + 1 }, (_, c) => rowOf.filter((own) => own < c).length);
    const most = Math.max(...starts.slice(1).map((end, c) => end - starts[c]!));
    const [weights, squares] = [put('weights', before), putDoubles('squares', new Float64Array(examples))];
    const room = put('room', new Float32Array(Math.min(most, 256) * (din + dout)));
    native.simd.classProducts!(
      ...[put('x', x).at, put('d', d).at, examples, din, dout, putInts('order', order), putInts('starts', starts)],
      ...[rows, weights.at, squares.at, room.at],
    );
    room.take();
    expect(
      distance(
        weights.take(),
        expected.weights.map((value, at) => value + before[at]!),
      ),
    ).toBeLessThan(TOLERANCE);
    expect(distance(squares.take(), expected.squares)).toBeLessThan(TOLERANCE);
  };

  test('adds up the outer products of each class, and gives the square of each example', () => {
    fc.assert(fc.property(batches({ size: 40 }), check));
  });

  test('takes more examples of a class than are gathered at a time', () => {
    check({ ...dense(700, 7, 13), rows: 2, rowOf: Array.from({ length: 700 }, (_, i) => (i % 8 === 0 ? 1 : 0)) });
  });
});

describe('classProductGram', () => {
  const check = (batch: Batch, columns: number) => {
    const { examples, din, dout, rows, rowOf, seed } = batch;
    const { x, d } = valuesOf(batch);
    const { weights, squares } = outerSums(batch, x, d);
    const before = Float64Array.from(uniform([rows, rows], seed + 2).values);
    const row = (c: number) => weights.subarray(c * din * dout, (c + 1) * din * dout);
    const expected = before.map((value, at) => {
      const [a, b] = [row(Math.floor(at / rows)), row(at % rows)];
      return a.reduce((sum, one, i) => sum + one * b[i]!, value);
    });
    const order = rowOf.map((_, i) => i).sort((a, b) => rowOf[a]! - rowOf[b]! || a - b);
    const starts = Array.from({ length: rows + 1 }, (_, c) => rowOf.filter((own) => own < c).length);
    const [gram, sums] = [putDoubles('gram', before), putDoubles('squares', new Float64Array(examples))];
    const values = examples * Math.max(2, dout) + columns * (Math.min(examples, 256) + rows * dout);
    const room = put('room', new Float32Array(values));
    native.simd.classProductGram!(
      ...[put('x', x).at, put('d', d).at, examples, din, dout, putInts('order', order), putInts('starts', starts)],
      ...[rows, columns, gram.at, sums.at, room.at],
    );
    room.take();
    expect(distance(gram.take(), expected)).toBeLessThan(TOLERANCE);
    expect(distance(sums.take(), squares)).toBeLessThan(TOLERANCE);
  };

  test('gives the inner products of the sums of each class, however many columns are formed at a time', () => {
    fc.assert(
      fc.property(batches({ size: 40 }), fc.integer({ min: 1, max: 12 }), (batch, fours) => check(batch, 4 * fours)),
    );
  });

  test('takes more examples of a class than are gathered at a time', () => {
    check({ ...dense(700, 7, 13), rows: 2, rowOf: Array.from({ length: 700 }, (_, i) => (i % 8 === 0 ? 1 : 0)) }, 4);
  });
});

describe('exampleProduct', () => {
  test('adds up outer products of rows that lie apart', () => {
    const sizes = fc.record({
      count: fc.integer({ min: 1, max: 9 }),
      din: fc.integer({ min: 1, max: 30 }),
      dout: fc.integer({ min: 1, max: 30 }),
      gap: fc.nat({ max: 3 }),
      seed: fc.integer({ min: 1, max: 1 << 20 }),
    });
    fc.assert(
      fc.property(sizes, ({ count, din, dout, gap, seed }) => {
        // What lies between the rows is NaN: it must not be read.
        const apart = (n: number, own: number) =>
          uniform([count, n + gap], own).values.map((value, at) => (at % (n + gap) < n ? value : Number.NaN));
        const [x, d] = [apart(din, seed), apart(dout, seed + 1)];
        const before = uniform([din, dout], seed + 2).values;
        const expected = Float64Array.from(before);
        for (let r = 0; r < count; r++) {
          for (let a = 0; a < din; a++) {
            for (let b = 0; b < dout; b++)
              expected[a * dout + b]! += x[r * (din + gap) + a]! * d[r * (dout + gap) + b]!;
          }
        }
        const to = put('to', before);
        native.simd.exampleProduct!(
          ...[put('x', x).at, put('d', d).at, count, (din + gap) * 4, (dout + gap) * 4, din, dout, to.at],
        );
        expect(distance(to.take(), expected)).toBeLessThan(TOLERANCE);
      }),
    );
  });
});

describe('classSums', () => {
  const check = (batch: Batch, per: number, blocks: boolean) => {
    const { examples, rows, rowOf, seed, din: n } = batch;
    const x = uniform([examples * per, n], seed).values;
    const before = uniform([rows, n], seed + 1).values;
    const expected = Float64Array.from(before);
    const squares = new Float64Array(examples);
    const at = (i: number, r: number) => (blocks ? r * examples + i : i * per + r);
    for (let i = 0; i < examples; i++) {
      for (let k = 0; k < n; k++) {
        let sum = 0;
        for (let r = 0; r < per; r++) sum += x[at(i, r) * n + k]!;
        expected[rowOf[i]! * n + k]! += sum;
        squares[i]! += sum ** 2;
      }
    }
    const steps = blocks ? [n * 4, examples * n * 4] : [per * n * 4, n * 4];
    const [weights, sums] = [put('weights', before), putDoubles('squares', new Float64Array(examples))];
    native.simd.classSums!(
      ...[put('x', x).at, examples, per, ...steps, n, putInts('row-of', rowOf), weights.at, sums.at],
    );
    expect(distance(weights.take(), expected)).toBeLessThan(TOLERANCE);
    expect(distance(sums.take(), squares)).toBeLessThan(TOLERANCE);
  };

  test('adds the sum over the rows of each example to its class, and gives its square', () => {
    fc.assert(fc.property(batches(), fc.integer({ min: 1, max: 9 }), fc.boolean(), check));
  });

  test('takes examples of thousands of rows', () => {
    check({ ...dense(2, 23, 1), rows: 1, rowOf: [0, 0] }, 3001, false);
  });
});

describe('foldGram', () => {
  const check = (rows: number, n: number, seed: number) => {
    const weights = uniform([rows, n], seed).values;
    const before = symmetric(rows, seed + 1);
    const expected = before.map(
      (value, at) => value + dot(row(weights, Math.floor(at / rows), n), row(weights, at % rows, n)),
    );
    const gram = putDoubles('gram', before);
    native.simd.foldGram!(put('weights', weights).at, rows, n, gram.at);
    expect(distance(gram.take(), expected)).toBeLessThan(TOLERANCE);
    expectSymmetric(gram.take(), rows);
  };

  test('adds the products of all pairs of rows', () => {
    const size = (max: number) => fc.integer({ min: 1, max });
    fc.assert(fc.property(size(14), size(90), size(1 << 20), check));
  });

  test('takes rows of several blocks', () => {
    check(7, 5003, 4);
  });
});
