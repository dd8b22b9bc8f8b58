import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS, type ActivationName } from '../../src/theory/activations.ts';
import { formatStack, type Layer, parseStack } from '../../src/theory/stack.ts';

describe('reading a stack', () => {
  test('one part per layer; a dense layer without activation is linear, its bias 0', () => {
    expect(parseStack('dense:256:relu:he, layerNorm ,maxPool:4,gelu,dropout:0.1,flatten:100,dense:10')).toEqual([
      { kind: 'dense', units: 256, activation: 'relu', sw2: 2, sb2: 0 },
      { kind: 'layerNorm' },
      { kind: 'maxPool', size: 4 },
      { kind: 'activation', activation: 'gelu' },
      { kind: 'dropout', rate: 0.1 },
      { kind: 'flatten', features: 100 },
      { kind: 'dense', units: 10, activation: 'linear', sw2: 200 / 110, sb2: 0 },
    ]);
  });

  test('weights as tfjs draws them unless told: glorotUniform, 2 in / (in + out); in = out where the input is not given', () => {
    const sw2 = (text: string) => parseStack(text).flatMap((layer) => ('sw2' in layer ? [layer.sw2] : []));
    expect(sw2('dense:256:relu,dense:10')).toEqual([1, 512 / 266]);
    expect(sw2('input:784,dense:256:relu,batchNorm,relu,dense:10')).toEqual([1568 / 1040, 512 / 266]);
    expect(sw2('input:3,conv:16:relu,maxPool:4,conv:32,flatten,dense:10,flatten:4,dense:4')).toEqual([
      6 / 19,
      32 / 48,
      1,
      1,
    ]);
    expect(sw2('dense:8:relu:he,dense:8:selu:lecun,dense:8:tanh:glorot,dense:8:silu:1.8:0.01')).toEqual([2, 1, 1, 1.8]);
    expect(parseStack('dense:8:silu:1.8:0.01')[0]).toMatchObject({ activation: 'swish', sb2: 0.01 });
  });

  test('a shortcut with layers of its own, also one in the other', () => {
    expect(parseStack('residual(residual(relu|tanh),elu | dense:8:linear:he)')).toEqual([
      {
        kind: 'residual',
        branch: [
          {
            kind: 'residual',
            branch: [{ kind: 'activation', activation: 'relu' }],
            shortcut: [{ kind: 'activation', activation: 'tanh' }],
          },
          { kind: 'activation', activation: 'elu' },
        ],
        shortcut: [{ kind: 'dense', units: 8, activation: 'linear', sw2: 2, sb2: 0 }],
      },
    ]);
  });

  test('residual branches, one in the other; the stream keeps its width', () => {
    expect(parseStack('residual(dense:4:relu:he,residual(relu),dense:8:linear:he),dense:8')).toEqual([
      {
        kind: 'residual',
        branch: [
          { kind: 'dense', units: 4, activation: 'relu', sw2: 2, sb2: 0 },
          { kind: 'residual', branch: [{ kind: 'activation', activation: 'relu' }] },
          { kind: 'dense', units: 8, activation: 'linear', sw2: 2, sb2: 0 },
        ],
      },
      { kind: 'dense', units: 8, activation: 'linear', sw2: 1, sb2: 0 },
    ]);
  });
});

describe('what reads is told back', () => {
  const number = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  const count = fc.integer({ min: 1, max: 5000 });
  const activation = fc.constantFrom(...(Object.keys(ACTIVATIONS) as ActivationName[]));
  const weights = { units: count, activation, sw2: number, sb2: fc.oneof(fc.constant(0), number) };
  const { stack } = fc.letrec<{ stack: Layer[]; layer: Layer }>((tie) => ({
    stack: fc.array(tie('layer'), { minLength: 1, maxLength: 5 }),
    layer: fc.oneof(
      { depthSize: 'small' },
      fc.record({ kind: fc.constantFrom('dense' as const, 'conv' as const), ...weights }),
      fc.record({ kind: fc.constant('activation' as const), activation }),
      fc.record({ kind: fc.constantFrom('batchNorm' as const, 'layerNorm' as const) }),
      fc.record({
        kind: fc.constantFrom('maxPool' as const, 'avgPool' as const, 'globalAvgPool' as const),
        size: count,
      }),
      fc.record({
        kind: fc.constant('dropout' as const),
        rate: fc.double({ min: 0, max: 0.99, noNaN: true }).map(Math.abs),
      }),
      fc.record({ kind: fc.constant('flatten' as const), features: fc.option(count) }),
      fc.record({ kind: fc.constant('residual' as const), branch: tie('stack') }),
      fc.record({ kind: fc.constant('residual' as const), branch: tie('stack'), shortcut: tie('stack') }),
    ),
  }));
  test('parse(format(stack)) is the stack', () => {
    fc.assert(
      fc.property(stack, (layers) => {
        expect(parseStack(formatStack(layers))).toEqual(layers);
      }),
    );
  });
  test('reads well', () => {
    expect(
      formatStack(parseStack('conv:8:relu:he,residual( gelu,dense:8:linear:he:0.5 ),globalAvgPool:49,flatten')),
    ).toBe('conv:8:relu:2,residual(gelu,dense:8:linear:2:0.5),globalAvgPool:49,flatten');
  });
});

test.each([
  ['', 'Expected a stack of layers such as "dense:256:relu,maxPool:4", got an empty text.'],
  ['dense:256,,relu', 'Expected a layer in part 2 of the stack, got nothing between two commas.'],
  [
    'densse:256',
    'part 1 ("densse:256") of the stack: expected a layer (dense, conv, batchNorm, layerNorm, maxPool, avgPool, globalAvgPool, dropout, flatten, residual, input or an activation), got "densse": did you mean "dense"?',
  ],
  ['relu,dense', 'part 2 ("dense") of the stack: expected units to be a whole number from 1, got nothing.'],
  ['dense:2.5', 'part 1 ("dense:2.5") of the stack: expected units to be a whole number from 1, got "2.5".'],
  ['conv:0', 'part 1 ("conv:0") of the stack: expected filters to be a whole number from 1, got "0".'],
  ['dense:4:rleu', 'part 1 ("dense:4:rleu") of the stack: Expected an activation'],
  [
    'dense:4:relu:hee',
    'part 1 ("dense:4:relu:hee") of the stack: expected he, lecun, glorot or a number above 0 (fan_in times the variance of a weight), got "hee".',
  ],
  ['dense:4:relu:-1', 'got "-1"'],
  ['dense:4:relu:2:-1', 'expected the variance of a bias to be a number from 0, got "-1".'],
  ['dense:4:relu:2:0:9', 'part 1 ("dense:4:relu:2:0:9") of the stack: expected nothing more, got "9".'],
  ['relu:2', 'part 1 ("relu:2") of the stack: expected nothing more, got "2".'],
  ['maxPool', 'expected the number of pooled units to be a whole number from 1, got nothing.'],
  ['dropout:1', 'expected the rate to be a number from 0 and below 1, got "1".'],
  ['relu,input:3', 'part 2 ("input:3") of the stack: expected input first, got it after other layers.'],
  ['input:3', 'Expected a layer after input in the stack, got none.'],
  ['residual(relu', 'part 1 ("residual(relu") of the stack: expected a closing parenthesis, got none.'],
  ['residual()', 'part 1 ("residual()") of the stack: expected layers between the parentheses, got none.'],
  ['residual(relu|tanh|relu)', 'expected a branch and at most one shortcut, got 3 branches.'],
  ['residual(relu|)', 'Expected a residual branch of layers such as'],
  ['residual:3', 'part 1 ("residual:3") of the stack: expected its layers in parentheses, got ":3".'],
  ['relu)', 'part 1 ("relu)") of the stack: expected an opening parenthesis before the closing one, got none.'],
  ['residual(relu,tanhh)', 'part 2 ("tanhh") of the residual branch: expected a layer'],
  ['residual(relu)x', 'expected nothing more, got "x".'],
])('"%s" is refused in a sentence', (text, sentence) => {
  expect(() => parseStack(text)).toThrow(RangeError);
  expect(() => parseStack(text)).toThrow(sentence.replace(/^part/, 'In part'));
});
