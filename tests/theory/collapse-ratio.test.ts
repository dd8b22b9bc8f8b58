import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { collapseRatio } from '../../src/theory/collapse-ratio.ts';

/** Classifier diag(a), class means diag(b): M is diag(a) (I - J/3) diag(b) without its column means. */
const diagonal = (...values: number[]) => values.map((value, c) => values.map((_, j) => (c === j ? value : 0)));

test('by hand: identity and identity, where M is the centring, of nuclear norm C - 1', () => {
  const { rho } = collapseRatio({
    counts: [60, 30, 10],
    weightDecay: 0.05,
    classifier: diagonal(1, 1, 1),
    classMeans: diagonal(1, 1, 1),
  });
  expect(rho).toBeCloseTo(((100 / 10) * 0.05 * 3) / 2, 12);
});

describe('verdicts', () => {
  const at = (rho: number) =>
    collapseRatio({
      counts: [60, 30, 10],
      weightDecay: (rho * 2) / 3 / 10,
      classifier: diagonal(1, 1, 1),
      classMeans: diagonal(1, 1, 1),
    });

  test.each<[number, string]>([
    [2.001, 'collapses'],
    [1.999, 'undecided'],
    [1.101, 'undecided'],
    [1.099, 'stays apart'],
  ])('at %f: %s', (rho, verdict) => {
    expect(at(rho).rho).toBeCloseTo(rho, 12);
    expect(at(rho).verdict).toBe(verdict);
  });

  test('without weight decay there is no ratio', () => {
    expect(at(0)).toEqual({ rho: null, verdict: 'no weight decay' });
  });

  test('a classifier that sees no class mean is undecided', () => {
    const input = { counts: [3, 1], weightDecay: 0.1 };
    const nothing = { rho: null, verdict: 'undecided' };
    expect(collapseRatio({ ...input, classifier: [[0], [0]], classMeans: [[1], [2]] })).toEqual(nothing);
    expect(collapseRatio({ ...input, classifier: [[1], [2]], classMeans: [[4], [4]] })).toEqual(nothing);
  });
});

const matrix = (rows: number, columns: number) =>
  fc.array(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: columns, maxLength: columns }), {
    minLength: rows,
    maxLength: rows,
  });
const given = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 4, maxLength: 4 }),
  classifier: matrix(4, 3),
  classMeans: matrix(4, 3),
});

test('oversampling the rarest class w times divides the ratio by w', () => {
  fc.assert(
    fc.property(given, fc.integer({ min: 2, max: 40 }), (input, oversampling) => {
      const plain = collapseRatio({ ...input, weightDecay: 0.01 });
      const shown = collapseRatio({ ...input, weightDecay: 0.01, oversampling });
      if (plain.rho === null) expect(shown.rho).toBeNull();
      else expect((shown.rho! * oversampling) / plain.rho).toBeCloseTo(1, 12);
    }),
  );
});

test('what all features share does not count, nor how large they are against a smaller weight decay', () => {
  fc.assert(
    fc.property(given, fc.integer({ min: -90, max: 90 }), (input, shift) => {
      const plain = collapseRatio({ ...input, weightDecay: 0.01 });
      fc.pre(plain.rho !== null && plain.rho < 1e6);
      const moved = collapseRatio({
        ...input,
        weightDecay: 0.02,
        classMeans: input.classMeans.map((row) => row.map((value) => 2 * (value + shift))),
      });
      expect(moved.rho! / plain.rho!).toBeCloseTo(1, 9);
    }),
  );
});

test('a class without examples is not the rarest', () => {
  const both = { weightDecay: 0.1, classifier: diagonal(1, 1, 1), classMeans: diagonal(1, 1, 1) };
  expect(collapseRatio({ counts: [8, 2, 0], ...both }).rho).toBeCloseTo((5 * 0.1 * 3) / 2, 12);
});

test.each<[object, RegExp]>([
  [{ counts: [1, -2] }, /^counts\[1\] is -2: expected/],
  [{ weightDecay: -1 }, /^weightDecay is -1: expected a finite number of at least 0\.$/],
  [{ weightDecay: NaN }, /^weightDecay is NaN: expected/],
  [{ oversampling: 0 }, /^oversampling is 0: expected/],
  [{ classifier: [[1], [NaN]] }, /^classifier\[1\]\[0\] is NaN: expected/],
  [{ classifier: [[1]] }, /^classifier has length 1: expected 2, one for each class\.$/],
  [{ classifier: [[1], [1, 2]] }, /^classifier\[1\] has length 2: expected 1/],
  [{ classMeans: [] }, /^classMeans is empty: expected/],
  [
    {
      classMeans: [
        [1, 2],
        [1, 2],
      ],
    },
    /^classMeans\[0\] has length 2: expected 1/,
  ],
])('refuses %o', (wrong, message) => {
  const call = () =>
    collapseRatio({ counts: [2, 1], weightDecay: 0.1, classifier: [[1], [2]], classMeans: [[1], [2]], ...wrong });
  expect(call).toThrow(RangeError);
  expect(call).toThrow(message);
});

test('at the optimum of the penalised program the ratio is the multiplier over the share of the rarest class', () => {
  // Balanced, C = 4, M = a P: the loss falls by (1 - p + p') / C per unit of nuclear norm. Weight decay of that size holds
  // W = H = sqrt(a) P in place, where |W|^2 is the nuclear norm.
  const a = 2.3;
  const wrong = 1 / (3 + Math.exp(a));
  const multiplier = (1 - (1 - 3 * wrong) + wrong) / 4;
  const rows = diagonal(1, 1, 1, 1).map((row) => row.map((value) => (value - 1 / 4) * Math.sqrt(a)));
  const { rho, verdict } = collapseRatio({
    counts: [1, 1, 1, 1],
    weightDecay: multiplier,
    classifier: rows,
    classMeans: rows,
  });
  expect(rho).toBeCloseTo(4 * wrong, 12);
  expect(verdict).toBe('stays apart');
});

test('class weights count like examples, without making all of them more', () => {
  const classifier = [
    [1, 0, 0.2],
    [0, 1, 0.1],
    [-1, -1, 0.3],
  ];
  const classMeans = [
    [2, 0, 0],
    [0, 2, 0.5],
    [-1, -2, 0],
  ];
  const rho = (counts: number[], classWeights?: number[]) =>
    collapseRatio({ counts, weightDecay: 0.01, classifier, classMeans, ...(classWeights ? { classWeights } : {}) })
      .rho!;
  // n_min is 30 of 230 where weights make it so, 10 of 230 else.
  expect(rho([200, 20, 10], [1, 1, 1])).toBe(rho([200, 20, 10]));
  expect(rho([200, 20, 10], [1, 2, 3]) * 3).toBeCloseTo(rho([200, 20, 10]), 10);
  expect(() => rho([200, 20, 10], [1, 2])).toThrow(/classWeights/);
  expect(() => rho([200, 20, 10], [1, 2, 0])).toThrow(/classWeights\[2\] is 0/);
});
