import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../src/nearest.ts';

test.each([
  ['densse', ['conv', 'dense'], 'dense'],
  ['tahn', ['tanh', 'relu'], 'tanh'],
  ['MAXPOOL', ['avgPool', 'maxPool'], 'maxPool'],
  ['feature', ['counts', 'feature-energy'], 'feature-energy'],
  ['foo', ['conv', 'dense', 'flatten'], null],
  ['3', ['elu', 'relu'], null],
  ['o', ['i', 'once'], null],
  ['embedding', ['mish', 'dense'], null],
  ['anything', [], null],
])('of %s and %j it is %s', (word, known, expected) => {
  expect(nearest(word, known)).toBe(expected);
});

test('a sentence goes on with what is near, else with all there are, or as it is told', () => {
  expect(didYouMean('rleu', ['relu', 'elu'])).toBe(': did you mean "relu"?');
  expect(didYouMean('foo', ['relu', 'elu'])).toBe(': expected "relu", "elu".');
  expect(didYouMean('foo', ['relu', 'elu'], (name) => name, '.')).toBe('.');
});
