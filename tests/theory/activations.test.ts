import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS, activation } from '../../src/theory/activations.ts';

const names = Object.keys(ACTIVATIONS);

test('the twelve, and silu as a second name of swish', () => {
  expect(names.join(' ')).toBe('linear relu relu6 elu selu gelu swish mish softplus softsign sigmoid tanh');
  expect(activation('silu')).toBe(activation('swish'));
});

test('values at 1 and -1', () => {
  const at = (x: number) => Object.fromEntries(names.map((name) => [name, +activation(name).value(x).toFixed(6)]));
  expect(at(1)).toEqual({
    ...{ linear: 1, relu: 1, relu6: 1, elu: 1, selu: 1.050701, gelu: 0.841345, swish: 0.731059, mish: 0.865098 },
    ...{ softplus: 1.313262, softsign: 0.5, sigmoid: 0.731059, tanh: 0.761594 },
  });
  expect(at(-1)).toEqual({
    ...{ linear: -1, relu: 0, relu6: 0, elu: -0.632121, selu: -1.111331, gelu: -0.158655, swish: -0.268941 },
    ...{ mish: -0.303401, softplus: 0.313262, softsign: -0.5, sigmoid: 0.268941, tanh: -0.761594 },
  });
  expect(activation('relu6').value(7)).toBe(6);
});

describe.each(names)('%s', (name) => {
  const { value, slope, kinks } = activation(name);
  test('the derivative is the slope of the function', () => {
    fc.assert(
      fc.property(fc.double({ min: -20, max: 20, noNaN: true }), (x) => {
        fc.pre(kinks.every((kink) => Math.abs(x - kink) > 1e-4));
        expect(slope(x)).toBeCloseTo((value(x + 1e-5) - value(x - 1e-5)) / 2e-5, 7);
      }),
    );
  });
  test('far out nothing overflows', () => {
    for (const x of [-1e4, -800, 800, 1e4]) {
      expect(Number.isFinite(value(x))).toBe(true);
      expect(Number.isFinite(slope(x))).toBe(true);
    }
  });
});

test('another name is told what was expected, and the nearest', () => {
  expect(() => activation('rleu')).toThrow(
    new RangeError(
      'Expected an activation (linear, relu, relu6, elu, selu, gelu, swish, mish, softplus, softsign, sigmoid, tanh), got "rleu": did you mean "relu"?',
    ),
  );
  expect(() => activation('toString')).toThrow(RangeError);
});
