import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spread } from '../../src/record.ts';
import { argmaxRows } from '../../src/stats/argmax.ts';
import { confusion } from '../../src/stats/confusion.ts';
import { rowCosines, rowNorms } from '../../src/stats/cosine.ts';
import { meanPresent, ratios, shares } from '../../src/stats/ratio.ts';
import { softmaxRows } from '../../src/stats/softmax.ts';
import { tally } from '../../src/stats/tally.ts';

describe('argmaxRows', () => {
  test('takes the first of equal values, as tf.argMax does', () => {
    expect([...argmaxRows([1, 3, 3, 2, 2, 2], 3)]).toEqual([1, 0]);
  });
  test('predicts nothing from a row that holds NaN', () => {
    expect([...argmaxRows([Number.NaN, 1, 2, 1, Number.NaN, 0, 0, 0, Infinity], 3)]).toEqual([-1, -1, 2]);
    expect([...argmaxRows([-Infinity, -Infinity, 3, Number.NaN], 2)]).toEqual([0, -1]);
  });

  test('agrees with looking at one value after the other, wherever the largest and NaN are', () => {
    const value = fc.constantFrom(-Infinity, -1, -0, 0, 0.5, 0.5, 1, Infinity, Number.NaN);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 23 }), (row) => {
        const expected = row.some(Number.isNaN) ? -1 : row.indexOf(Math.max(...row));
        expect([...argmaxRows([...row, ...row], row.length)]).toEqual([expected, expected]);
      }),
    );
  });
});

describe('softmaxRows', () => {
  test('sums to 1 and does not overflow', () => {
    const p = softmaxRows([1000, 1001, -1000, 0, 0, 0], 3);
    expect(p[0]! + p[1]! + p[2]!).toBeCloseTo(1, 6);
    expect(p[1]! / p[0]!).toBeCloseTo(Math.E, 4);
    expect([...p.slice(3)].map((v) => v.toFixed(6))).toEqual(['0.333333', '0.333333', '0.333333']);
  });
});

describe('ratios and shares', () => {
  test('are missing, not 0, where nothing was counted', () => {
    expect(spread(ratios([0, 1, 3], [0, 2, 3]))).toEqual([null, 0.5, 1]);
    expect(spread(ratios([NaN, 1, 0], [1, NaN, 0]))).toEqual([NaN, NaN, null]);
    expect(Array.from(shares([1, 3], 4))).toEqual([0.25, 0.75]);
    expect(shares([0, 0], 0)).toEqual([null, null]);
  });
  test('the mean of what is present leaves the missing out', () => {
    expect(meanPresent([1, null, 3])).toBe(2);
    expect(meanPresent([null])).toBeNull();
  });
});

describe('rowCosines', () => {
  test('has 1 on the diagonal, is symmetric, and undefined for a zero row', () => {
    const cosines = rowCosines([3, 4, 0, 0, -3, -4], 2);
    expect(cosines).toEqual([1, null, -1, null, null, null, -1, null, 1]);
    expect([...rowNorms([3, 4, 0, 0], 2)]).toEqual([5, 0]);
  });
  test('never leaves [-1, 1] by rounding', () => {
    const row = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(row, fc.float({ min: Math.fround(0.1), max: 9, noNaN: true }), (a, k) => {
        const [, cosine] = rowCosines([...a, ...a.map((x) => k * x)], 3);
        if (cosine !== null && cosine !== undefined) expect(Math.abs(cosine)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('tally and confusion', () => {
  const classes = 4;
  const example = fc.record({
    label: fc.integer({ min: -1, max: classes - 1 }),
    outputs: fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: classes, maxLength: classes }),
    loss: fc.integer({ min: 0, max: 1000 }),
  });

  test('agree with counting one class after the other, slowly', () => {
    fc.assert(
      fc.property(fc.array(example, { maxLength: 30 }), (examples) => {
        const labels = Int32Array.from(examples, ({ label }) => label);
        const outputs = examples.flatMap((e) => e.outputs);
        const predicted = argmaxRows(outputs, classes);
        const t = tally(
          classes,
          labels,
          predicted,
          examples.map((e) => e.loss),
          outputs,
        );
        const known = examples.map((e, i) => ({ ...e, guess: predicted[i] })).filter(({ label }) => label >= 0);
        expect(t.examples).toBe(known.length);
        expect(t.correct).toBe(known.filter(({ label, guess }) => label === guess).length);
        const matrix = confusion(classes, labels, predicted);
        for (let c = 0; c < classes; c++) {
          const own = known.filter(({ label }) => label === c);
          expect(t.support[c]).toBe(own.length);
          expect(t.hits[c]).toBe(own.filter(({ guess }) => guess === c).length);
          expect(t.predicted[c]).toBe(known.filter(({ guess }) => guess === c).length);
          expect(t.lossSum[c]).toBe(own.reduce((sum, { loss }) => sum + loss, 0));
          // Bit by bit: figures do not depend on how many examples are added at a time.
          expect(t.probabilitySum[c]).toBe(known.reduce((sum, e) => sum + e.outputs[c]!, 0));
          for (let d = 0; d < classes; d++) {
            expect(matrix[c * classes + d]).toBe(own.filter(({ guess }) => guess === d).length);
          }
        }
      }),
    );
  });
});
