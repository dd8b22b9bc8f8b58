import { expect, test } from 'vitest';
import { Epochs } from '../src/epoch.ts';
import { atEpochEnd, every, everyStep, logSpaced } from '../src/schedule.ts';

const upTo = (steps: number, schedule: (step: number) => boolean) =>
  Array.from({ length: steps }, (_, step) => step).filter(schedule);

test('logSpaced takes the first steps one by one, then as many per factor of ten as asked for', () => {
  expect(upTo(13, logSpaced())).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]);
  const steps = upTo(100_001, logSpaced());
  const perDecade = (from: number) => steps.filter((step) => step >= from && step < 10 * from).length;
  expect([perDecade(100), perDecade(1000), perDecade(10_000)]).toEqual([20, 20, 20]);
  expect(steps).toContain(100_000);
});

test('every(n) starts at 0 and refuses what is no positive integer', () => {
  expect(upTo(7, every(3))).toEqual([0, 3, 6]);
  expect(() => every(0)).toThrow(/^Expected every\(n\) with an integer n >= 1, got 0\.$/);
});

test('everyStep and atEpochEnd are the two extremes', () => {
  expect([upTo(3, everyStep()), upTo(3, atEpochEnd())]).toEqual([[0, 1, 2], []]);
});

test('an epoch of unknown length is a whole number until it has shown its length', () => {
  const epochs = new Epochs();
  expect(epochs.at(0)).toBeNull();
  epochs.begin(0, null);
  expect(epochs.at(3)).toBe(0);
  epochs.end(4);
  epochs.begin(4, null);
  expect([epochs.at(4), epochs.at(5), epochs.at(7)]).toEqual([1, 1.25, 1.75]);
});
