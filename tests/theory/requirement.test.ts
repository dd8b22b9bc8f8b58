import { describe, expect, test } from 'vitest';
import * as geometry from '../../src/geometry/index.ts';
import * as theory from '../../src/theory/index.ts';

type Loose = (...args: unknown[]) => unknown;
/** A function of both modules as JavaScript may call it. */
const loose = (name: string) => (({ ...theory, ...geometry }) as unknown as { [name: string]: Loose })[name]!;

const ENERGIES = { weightEnergy: 1, featureEnergy: 5 };
const MATCHING = {
  weights: [
    [1, 2],
    [3, 4],
  ],
  features: [
    [1, 2],
    [3, 4],
  ],
};

describe('a call with a wrong argument is refused in a sentence: what it is, its value, what was expected', () => {
  test.each<[string, unknown[], string]>([
    [
      'guessingBias',
      [],
      'The argument of guessingBias is undefined: expected an object such as { gamma: 0.5, classes: 10 }.',
    ],
    ['guessingBias', [{ gamma: '1', classes: 10 }], 'gamma is the string "1": expected a number of at least 0.'],
    ['layerPeeledModel', [], 'The argument of layerPeeledModel is undefined: expected an object such as {'],
    ['layerPeeledModel', [ENERGIES], 'counts is undefined: expected a list of numbers, the examples of each class.'],
    ['layerPeeledModel', [{ counts: 5, ...ENERGIES }], 'counts is 5: expected a list of numbers'],
    ['layerPeeledModel', [{ counts: '12', ...ENERGIES }], 'counts is the string "12": expected a list'],
    ['layerPeeledModel', [{ counts: [1, '2'], ...ENERGIES }], 'counts[1] is the string "2": expected a finite number'],
    [
      'layerPeeledModel',
      [{ counts: [1, 2], weightEnergy: 1, featureEnergy: '5' }],
      'featureEnergy is the string "5": expected a finite number above 0.',
    ],
    ['oversampling', [null], 'The argument of oversampling is null: expected an object'],
    ['minorityCollapseThresholds', [3], 'The argument of minorityCollapseThresholds is 3: expected an object'],
    ['minorityClasses', [], 'counts is undefined: expected a list'],
    ['minorityClasses', [[1, 2], 5], 'minority is 5: expected a list of indices of classes.'],
    ['collapseRatio', [], 'The argument of collapseRatio is undefined: expected an object'],
    ['collapseRatio', [{}], 'counts is undefined: expected a list'],
    [
      'collapseRatio',
      [{ counts: [1, 2], weightDecay: 1 }],
      'classifier is undefined: expected a list of rows of numbers',
    ],
    [
      'collapseRatio',
      [{ counts: [1, 2], weightDecay: 1, classifier: [1, 2] }],
      'classifier[0] is 1: expected a list of numbers.',
    ],
    ['causesOf', [], 'The argument of causesOf is undefined: expected an object'],
    ['batchLoss', [], 'loss is undefined: expected an object such as crossEntropy.'],
    ['parseStack', [{}], 'Expected a stack as text such as "dense:256:relu,maxPool:4", got an object.'],
    ['gammaOfActivation', [3], 'Expected an activation (linear, relu,'],
    ['neuralCollapse', [], 'The argument of neuralCollapse is undefined: expected an object'],
    ['neuralCollapse', [{}], 'weights is undefined: expected a list of rows'],
    ['neuralCollapse', [{ weights: MATCHING.weights }], 'features is undefined: expected a list of rows'],
    ['neuralCollapse', [MATCHING], 'labels is undefined: expected a list of integers, the class of each example.'],
    ['principalAxes', [], 'The argument of principalAxes is undefined: expected an object'],
    ['principalAxes', [{ weights: MATCHING.weights }], 'means is undefined: expected a list'],
    ['weightEnergy', [], 'weights is undefined: expected a list of rows'],
  ])('%s: %j', (name, args, sentence) => {
    const call = () => loose(name)(...args);
    expect(call).toThrow(RangeError);
    expect(call).toThrow(sentence);
  });
});

describe('a stack written by hand is refused by the field that is wrong', () => {
  const dense = { kind: 'dense', units: 3, activation: 'relu', sw2: 1, sb2: 0 };
  test.each<[unknown, string]>([
    [undefined, 'stack is undefined: expected a list of layers, or a text for the whole such as "dense:256:relu".'],
    [[null], 'stack[0] is null: expected a layer of the kind dense, conv,'],
    [[{ kind: 'foo' }], 'stack[0].kind is the string "foo": expected a layer of the kind dense, conv,'],
    [[dense, { ...dense, activation: 'rulu' }], 'stack[1].activation is the string "rulu": expected linear, relu,'],
    [
      [{ ...dense, sw2: undefined }],
      'stack[0].sw2, fan_in times the variance of a weight, is undefined: expected a finite',
    ],
    [[{ ...dense, sb2: -1 }], 'stack[0].sb2, the variance of a bias, is -1: expected a finite'],
    [[{ kind: 'activation' }], 'stack[0].activation is undefined: expected linear'],
    [
      [{ kind: 'maxPool' }],
      'stack[0].size, the number of pooled units, is undefined: expected a finite number above 0.',
    ],
    [[{ kind: 'dropout', rate: 1 }], 'stack[0].rate is 1: expected a number from 0 and below 1.'],
    [[{ kind: 'residual' }], 'stack[0].branch is undefined: expected a list of layers'],
    [
      [{ kind: 'residual', branch: [dense], shortcut: [{}] }],
      'stack[0].shortcut[0].kind is undefined: expected a layer',
    ],
  ])('%j', (stack, sentence) => {
    const call = () => loose('meanField')(stack, { q: 1, c: 0 });
    expect(call).toThrow(RangeError);
    expect(call).toThrow(sentence);
  });

  test('and so is an input that is none', () => {
    expect(() => loose('meanField')([dense])).toThrow(
      'input, the second argument of meanField, is undefined: expected an object such as { q: 1, c: 0 }.',
    );
  });
});
