import { expect, test } from 'vitest';
import { BadInput } from '../../examples/data/bad-input.ts';
import { HELP, parseOptions } from '../../examples/options.ts';

test('without arguments the defaults stand', () => {
  expect(parseOptions([])).toEqual({
    data: null,
    drawn: false,
    imbalance: 100,
    epochs: null,
    batchSize: 128,
    seed: 1,
    once: false,
    save: null,
    help: false,
  });
});

test('every option is read', () => {
  const args = '--data d --drawn --imbalance=1.5 --epochs 3 --batch-size 16 --seed 0 --once --save f --help'.split(' ');
  expect(parseOptions(args)).toEqual({
    data: 'd',
    drawn: true,
    imbalance: 1.5,
    epochs: 3,
    batchSize: 16,
    seed: 0,
    once: true,
    save: 'f',
    help: true,
  });
});

test.each([
  [['--epoch', '3'], 'Unknown option --epoch: did you mean --epochs?'],
  [['--imbalanced=3'], 'Unknown option --imbalanced: did you mean --imbalance?'],
  [['-o'], 'Unknown option -o: did you mean --once?'],
  [['--toString'], 'Unknown option --toString: did you mean --data?'],
  [['mnist'], 'Expected options, got "mnist"; see --help.'],
  [['--data'], '--data: expected a value after it, got none; see --help.'],
  [['--data='], '--data: expected a value after it, got none; see --help.'],
  [['--data', '--once'], '--data: expected a value after it, got --once; see --help.'],
  [['--once=no'], '--once: expected no value, got "no"; leave it out.'],
  [['--epochs', '0'], '--epochs: expected a whole number from 1 to 100000, got "0"; change it.'],
  [['--epochs', '2.5'], '--epochs: expected a whole number from 1 to 100000, got "2.5"; change it.'],
  [['--seed', 'x'], '--seed: expected a whole number from 0 to 2147483647, got "x"; change it.'],
  [['--imbalance', 'NaN'], '--imbalance: expected a number from 1 to 1000000, got "NaN"; change it.'],
  [['--imbalance', '0.5'], '--imbalance: expected a number from 1 to 1000000, got "0.5"; change it.'],
])('%j: %s', (args, sentence) => {
  expect(() => parseOptions(args)).toThrow(new BadInput(sentence));
});

test('the help names every option', () => {
  for (const name of ['data', 'drawn', 'imbalance', 'epochs', 'batch-size', 'seed', 'once', 'save']) {
    expect(HELP).toContain(`--${name} `);
  }
});
