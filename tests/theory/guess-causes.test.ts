import { describe, expect, test } from 'vitest';
import { causesOf } from '../../src/theory/guess-causes.ts';
import { meanField } from '../../src/theory/mean-field.ts';
import { expectRelative } from './draws.ts';

const CENTRED = { q: 1, c: 0 };
const gammaOf = (stack: string, input: { q: number; c: number; training?: boolean } = CENTRED) =>
  meanField(stack, input).at(-1)!.gamma;

/** What was built, and the network that has one thing otherwise. */
test.each([
  ['activation', 'tanh', 'dense:8:relu:he,dense:8:elu:he,dense:4', 'dense:8:tanh:he,dense:8:tanh:he,dense:4'],
  ['activation', 'tanh', 'dense:8:sigmoid,dense:4', 'dense:8:tanh,dense:4'],
  ['activation', 'tanh', 'dense:8,softplus,dense:4', 'dense:8,tanh,dense:4'],
  ['maxPooling', 'average pooling', 'conv:8:tanh,maxPool:4,dense:4', 'conv:8:tanh,avgPool:4,dense:4'],
  ['maxPooling', 'strides', 'conv:8:relu,maxPool:4,dense:4', 'conv:8:relu,dense:4'],
  ['averagePooling', 'strides', 'conv:8:relu,globalAvgPool:49,dense:4', 'conv:8:relu,dense:4'],
  ['biases', 'no biases', 'dense:8:tanh:1:0.5,dense:4:linear:1:0.1', 'dense:8:tanh:1,dense:4'],
  [
    'normalizationBefore',
    'normalization after the activation',
    'dense:8,layerNorm,relu,dense:8,layerNorm,gelu,dense:4',
    'dense:8,relu,layerNorm,dense:8,gelu,layerNorm,dense:4',
  ],
  [
    'biases',
    'no biases',
    'dense:8:tanh:1:0.5,residual(dense:8:tanh:1:2|dense:8:linear:1:1),dense:4',
    'dense:8:tanh:1,residual(dense:8:tanh:1|dense:8:linear:1),dense:4',
  ],
  [
    'normalizationBefore',
    'normalization after the activation',
    'dense:8,residual(layerNorm,relu,dense:8),dense:4',
    'dense:8,residual(relu,layerNorm,dense:8),dense:4',
  ],
])('%s, %s instead: %s', (cause, instead, stack, otherwise) => {
  const input = { q: 1, c: 0.1 };
  const found = causesOf({ stack, input }).find((one) => one.cause === cause && one.instead === instead)!;
  expectRelative(found.gamma, gammaOf(stack, input));
  expectRelative(found.without, gammaOf(otherwise, input));
});

describe('causes', () => {
  test('uncentred inputs', () => {
    const stack = 'dense:8:relu:he,dense:8:relu:he,dense:4';
    const input = { q: 1, c: 0.4 };
    const [first, second] = causesOf({ stack, input });
    expect([first!.cause, second!.cause]).toEqual(['activation', 'uncentredInputs']);
    expectRelative(second!.without, gammaOf(stack));
  });

  test('the strongest comes first, and what lowers gamma by less than 1 % is none', () => {
    const found = causesOf({ stack: 'conv:8:relu,maxPool:4,conv:8:relu,maxPool:4,dense:4', input: { q: 1, c: 0.4 } });
    const without = found.map((one) => one.without);
    expect(without).toEqual([...without].sort((a, b) => a - b));
    expect(found.every((one) => one.without < 0.99 * one.gamma)).toBe(true);
    // tanh in place of ReLU changes nothing for the better where maxima are taken.
    expect(found[0]!).toMatchObject({ cause: 'maxPooling', instead: 'strides' });
    expect(found.map(({ cause }) => cause)).not.toContain('activation');
  });

  test('the activations that are not odd are named, those of branches too', () => {
    const stack = 'dense:8:relu:he,residual(dense:8:tanh,gelu,dense:8),dense:8:relu,dense:4';
    expect(causesOf({ stack, input: CENTRED })[0]).toMatchObject({
      cause: 'activation',
      activations: ['relu', 'gelu'],
    });
  });

  test('an unbiased network has none, nor has one without a stack', () => {
    expect(causesOf({ stack: 'dense:8:tanh,dense:4', input: CENTRED })).toEqual([]);
    expect(causesOf({ stack: null, input: CENTRED })).toEqual([]);
  });

  test('in evaluation mode batch normalization does nothing, and is no cause', () => {
    const stack = 'dense:8,batchNorm,relu,dense:4';
    const causes = (training: boolean) =>
      causesOf({ stack, input: { ...CENTRED, training } }).map(({ cause }) => cause);
    expect(causes(true)).toContain('normalizationBefore');
    expect(causes(false)).toEqual(['activation']);
  });

  test('inputs that are all equal: gamma is Infinity until they are not', () => {
    const [first] = causesOf({ stack: 'dense:8:tanh,dense:4', input: { q: 1, c: 1 } });
    expect(first).toMatchObject({ cause: 'uncentredInputs', gamma: Infinity });
    expect(first!.without).toBeCloseTo(0, 9);
  });
});
