import { expect, test } from 'vitest';
import { Attempts } from '../../../src/capture/budget/attempts.ts';

const steps = (attempts: Attempts) =>
  Array.from({ length: 301 }, (_, i) => i).filter((at) => attempts.isWorthAnother(at));

test('after three in a row in vain, another is worth it at every hundredth step only, until one succeeds', () => {
  const attempts = new Attempts();
  attempts.ended(false);
  attempts.ended(false);
  expect(steps(attempts)).toHaveLength(301);
  attempts.ended(false);
  expect(steps(attempts)).toEqual([0, 100, 200, 300]);
  attempts.ended(true);
  attempts.ended(false);
  expect(steps(attempts)).toHaveLength(301);
});
