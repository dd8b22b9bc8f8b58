import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { groupsOf, groupsOfRows } from '../../../src/capture/gradients/groups.ts';
import { DenseGram } from '../../../src/capture/gradients/sums/dense-gram.ts';
import { OwnMemory } from '../../../src/offload/own-memory.ts';
import { nativeOf } from '../../../src/wasm/access.ts';
import type { Workplace } from '../../../src/wasm/workplace.ts';
import { dot } from '../../support/class-copies.ts';
import { generator } from '../../support/generator.ts';
import { distance } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

interface Layer {
  readonly rowOf: readonly number[];
  readonly rows: number;
  readonly din: number;
  readonly dout: number;
  readonly seed: number;
}

let places: Workplace[] = [];
beforeAll(async () => {
  await wasm();
  places = [nativeOf(tf)!, new OwnMemory()];
});

const valuesOf = (length: number, seed: number) => {
  const next = generator(seed);
  return Float32Array.from({ length }, () => next() - 0.5);
};

/** Gradients of the examples as they are written down, their sums by row, and all inner products of these. */
function slowly(gradients: readonly number[][], { rowOf, rows }: Layer) {
  const sums = Array.from({ length: rows }, () => gradients[0]!.map(() => 0));
  gradients.forEach((gradient, i) => {
    const sum = sums[rowOf[i]!]!;
    for (let k = 0; k < gradient.length; k++) sum[k]! += gradient[k]!;
  });
  const squares = gradients.map((one) => dot(one, one));
  // How long a sum would be if nothing in it cancelled: what rounding goes by.
  const most = sums.map((_, row) =>
    squares.reduce((sum, square, i) => sum + (rowOf[i] === row ? Math.sqrt(square) : 0), 0),
  );
  const products = (of: readonly number[][]) => of.flatMap((a) => of.map((b) => dot(a, b)));
  return { gram: products(sums), squares, most: products(most.map((length) => [length])) };
}

function computed(place: Workplace, layer: Layer) {
  const { rowOf, rows, din, dout, seed } = layer;
  const examples = rowOf.length;
  const [x, d] = [valuesOf(examples * din, seed), valuesOf(examples * dout, seed + 1)];
  const put = (name: string, values: Float32Array) => {
    const at = place.room(name, values.byteLength);
    place.floats(at, values.length).set(values);
    return at;
  };
  const operands = { x: put('test x', x), d: put('test d', d), din, dout };
  const sumsIn = (name: string) => {
    const at = place.room(name, 8 * (rows ** 2 + examples));
    place.doubles(at, rows ** 2 + examples).fill(0);
    return { gram: at, squares: at + 8 * rows ** 2 };
  };
  const dense = new DenseGram(place, groupsOfRows(Int32Array.from(rowOf), rows));
  const forms = dense.formsFactor(din, dout);
  const [sums, factor, alone] = [sumsIn('test sums'), sumsIn('test factor'), sumsIn('test alone')];
  dense.add(operands, sums, forms ? factor : null);
  dense.addRows(operands.d, dout, alone);
  const taken = ({ gram, squares }: typeof sums) => {
    return { gram: [...place.doubles(gram, rows ** 2)], squares: [...place.doubles(squares, examples)] };
  };
  const row = (of: Float32Array, width: number, i: number) => [...of.subarray(i * width, (i + 1) * width)];
  const outer = rowOf.map((_, i) => row(x, din, i).flatMap((a) => row(d, dout, i).map((b) => a * b)));
  return {
    ...{ share: dense.share(din, dout), forms, sums: taken(sums), factor: taken(factor), alone: taken(alone) },
    expected: slowly(outer, layer),
    expectedFactor: slowly(
      rowOf.map((_, i) => row(d, dout, i)),
      layer,
    ),
  };
}

const near = (got: { gram: number[]; squares: number[] }, wanted: ReturnType<typeof slowly>) => {
  got.gram.forEach((value, k) => {
    expect(Math.abs(value - wanted.gram[k]!)).toBeLessThanOrEqual(1e-6 * wanted.most[k]!);
  });
  expect(distance(got.squares, wanted.squares)).toBeLessThan(1e-6);
};

function check(layer: Layer): { pairs: boolean; forms: boolean } {
  const all = places.map((place) => computed(place, layer));
  for (const one of all) {
    near(one.sums, one.expected);
    near(one.alone, one.expectedFactor);
    if (one.forms) near(one.factor, one.expectedFactor);
  }
  const [here, there] = all.map(({ sums, factor, alone }) => ({ sums, factor, alone }));
  expect(there).toEqual(here);
  return { pairs: all[0]!.share > 1, forms: all[0]!.forms };
}

/** Examples dealt out to the rows in turn. */
const dealt = (examples: number, rows: number) => Array.from({ length: examples }, (_, i) => (i * 7) % rows);

describe('class Grams of a dense layer are those of its gradients written down, the same bits in whatever memory', () => {
  test('any shape', () => {
    const size = fc.integer({ min: 1, max: 40 });
    const layers = fc.record({
      examples: size,
      rows: fc.integer({ min: 1, max: 12 }),
      din: size,
      dout: size,
      seed: size,
    });
    fc.assert(
      fc.property(layers, ({ examples, ...layer }) => {
        check({ ...layer, rowOf: dealt(examples, layer.rows) });
      }),
    );
  });

  test.each([
    ['out of pairs of examples where these are few', { examples: 16, rows: 8, din: 64, dout: 64 }, { pairs: true }],
    [
      'out of the gradients of classes where examples are many',
      { examples: 128, rows: 2, din: 8, dout: 8 },
      { pairs: false },
    ],
    ['with the products of the bias on the way', { examples: 12, rows: 9, din: 40, dout: 200 }, { forms: true }],
    ['formed bit by bit where they are large', { examples: 80, rows: 5, din: 150, dout: 30 }, { pairs: false }],
  ])('%s', (_, { examples, ...layer }, way) => {
    expect(check({ ...layer, rowOf: dealt(examples, layer.rows), seed: 3 })).toMatchObject(way);
  });
});

test('rows alone say as much of a batch as its labels', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 1, maxLength: 60 }), (labels) => {
      const { rowOf, classOf, order, starts } = groupsOf(Int32Array.from(labels), 6);
      const rows = groupsOfRows(rowOf, classOf.length);
      expect([rows.order, rows.starts, rows.classOf.length]).toEqual([order, starts, classOf.length]);
    }),
  );
});
