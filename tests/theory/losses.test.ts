import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  batchLoss,
  blurry,
  crossEntropy,
  focal,
  fullBlurry,
  type ProbabilityLoss,
  piecewiseZero,
} from '../../src/theory/losses.ts';
import { fixture } from './fixture.ts';

interface Row {
  readonly p: number;
  readonly value: number;
}

interface Batch {
  readonly per_sample: number[];
  readonly mean: number;
  readonly grad_logits_of_mean: number[][];
}

interface BatchCase {
  readonly logits: number[][];
  readonly labels: number[];
  readonly gamma: number;
  readonly cutoff: number;
  readonly [loss: string]: unknown;
}

const { table, batches } = fixture<{
  table: {
    blurry: (Row & { gamma: number; dL_dp_full: number; dL_dp_detached: number })[];
    piecewise_zero: (Row & { cutoff: number; dL_dp: number })[];
    focal: (Row & { gamma: number; dL_dp_full: number })[];
  };
  batches: BatchCase[];
}>('losses');

/** Relative; the fixtures carry twelve digits. */
function expectNear(got: number, expected: number): void {
  if (expected === 0) expect(Math.abs(got)).toBe(0);
  else expect(Math.abs(got / expected - 1)).toBeLessThan(1e-9);
}

function expectRow({ value, slope }: ProbabilityLoss, p: number, loss: number, byP: number): void {
  expectNear(value(Math.log(p)), loss);
  expectNear(slope(Math.log(p)) / p, byP);
}

describe('values and slopes, against another implementation', () => {
  test.each(table.blurry)('blurry, gamma $gamma, p = $p', (row) => {
    expectRow(blurry(row.gamma), row.p, row.value, row.dL_dp_detached);
    expectRow(fullBlurry(row.gamma), row.p, row.value, row.dL_dp_full);
  });

  test.each(table.piecewise_zero)('piecewise-zero, cutoff $cutoff, p = $p', (row) => {
    expectRow(piecewiseZero(row.cutoff), row.p, row.value, row.dL_dp);
  });

  test.each(table.focal)('focal, gamma $gamma, p = $p', (row) => {
    expectRow(focal(row.gamma), row.p, row.value, row.dL_dp_full);
  });

  const losses: [name: string, of: (one: BatchCase) => ProbabilityLoss][] = [
    ['ce', () => crossEntropy],
    ['blurry_detached', ({ gamma }) => blurry(gamma)],
    ['blurry_full', ({ gamma }) => fullBlurry(gamma)],
    ['piecewise_zero', ({ cutoff }) => piecewiseZero(cutoff)],
    ['focal_full', ({ gamma }) => focal(gamma)],
  ];

  test.each(losses)('a batch of %s', (name, of) => {
    for (const one of batches) {
      const expected = one[name] as Batch;
      const { perExample, mean, gradient } = batchLoss(of(one), one.logits, one.labels);
      expected.per_sample.forEach((value, i) => {
        expectNear(perExample[i]!, value);
      });
      expectNear(mean, expected.mean);
      expected.grad_logits_of_mean.flat().forEach((value, i) => {
        expectNear(gradient.flat()[i]!, value);
      });
    }
  });
});

const logP = fc.double({ min: -6, max: -1e-3, noNaN: true });
const gamma = fc.double({ min: 0, max: 3, noNaN: true });

test('slopes are derivatives by log p, where the weight is not held constant', () => {
  fc.assert(
    fc.property(logP, gamma, (at, g) => {
      for (const { value, slope } of [crossEntropy, fullBlurry(g), focal(g)]) {
        const numeric = (value(at + 1e-6) - value(at - 1e-6)) / 2e-6;
        expect(Math.abs(slope(at) - numeric)).toBeLessThan(1e-5);
      }
    }),
  );
});

test('with gamma 0 and cutoff 0 all are cross-entropy', () => {
  fc.assert(
    fc.property(logP, (at) => {
      for (const { value, slope } of [blurry(0), fullBlurry(0), focal(0), piecewiseZero(0)]) {
        expect([value(at), slope(at)]).toEqual([-at, -1]);
      }
    }),
  );
});

test('blurry always pulls towards the class, in full it pushes away below exp(-1/gamma)', () => {
  const turn = -1 / 0.4;
  expect(fullBlurry(0.4).slope(turn - 0.01)).toBeGreaterThan(0);
  expect(fullBlurry(0.4).slope(turn + 0.01)).toBeLessThan(0);
  expect(blurry(0.4).slope(turn - 0.01)).toBeLessThan(0);
  expect(fullBlurry(0.4).value(turn)).toBeCloseTo(1 / (Math.E * 0.4), 12);
});

test('the gradient of an example adds up to 0 over the classes', () => {
  const logits = fc.array(fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 3, maxLength: 3 }), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(logits, gamma, (rows, g) => {
      const { gradient } = batchLoss(focal(g), rows, new Array(rows.length).fill(1));
      for (const row of gradient) expect(Math.abs(row.reduce((a, b) => a + b, 0))).toBeLessThan(1e-12);
    }),
  );
});

test('the cutoff itself is still seen', () => {
  expect(piecewiseZero(0.25).value(Math.log(0.25))).toBeCloseTo(Math.log(4), 12);
});

test('logits far apart lose nothing and give no NaN', () => {
  const { perExample, gradient } = batchLoss(
    focal(0.2),
    [
      [800, 0],
      [800, 0],
      [40, 0],
    ],
    [0, 1, 0],
  );
  expect(perExample[1]).toBeCloseTo(800, 9);
  expect(perExample[0]).toBe(0);
  expect(batchLoss(crossEntropy, [[40, 0]], [0]).perExample[0]! / Math.exp(-40)).toBeCloseTo(1, 12);
  for (const value of gradient.flat()) expect(value).not.toBeNaN();
});

test.each<[string, () => unknown, RegExp]>([
  ['a negative gamma', () => blurry(-1), /^gamma is -1: expected a finite number of at least 0\.$/],
  ['a gamma of NaN', () => fullBlurry(NaN), /^gamma is NaN: expected/],
  ['an infinite gamma', () => focal(Infinity), /^gamma is Infinity: expected/],
  ['a cutoff above 1', () => piecewiseZero(1.1), /^cutoff is 1\.1: expected a probability, 0 to 1\.$/],
  [
    'a label that is no class',
    () => batchLoss(crossEntropy, [[1, 2]], [2]),
    /^labels\[0\] is 2: expected .* 0 to 1\.$/,
  ],
  ['too few labels', () => batchLoss(crossEntropy, [[1, 2]], []), /^labels has length 0: expected 1/],
  ['logits of NaN', () => batchLoss(crossEntropy, [[NaN, 2]], [0]), /^logits\[0\]\[0\] is NaN: expected/],
])('refuses %s', (_, call, message) => {
  expect(call).toThrow(RangeError);
  expect(call).toThrow(message);
});
