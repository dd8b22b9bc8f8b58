import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { duration, progress } from '../../examples/progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is written while 100 steps take 200 ms each. */
function written(isTTY: boolean): string[] {
  const texts: string[] = [];
  const callback = progress(100, 10, { isTTY, write: (text: string) => texts.push(text) });
  for (let step = 0; step < 100; step++) {
    vi.advanceTimersByTime(200);
    callback.onBatchEnd(step, { loss: 0.5 });
  }
  callback.onTrainEnd();
  return texts;
}

test('on a terminal one line is rewritten in place and wiped away at the end', () => {
  const texts = written(true);
  expect(texts[11]).toBe('step 24/100, epoch 3/10, loss 0.500, 15 s left\x1b[K\r');
  expect(texts.every((text) => !text.includes('\n'))).toBe(true);
  expect(texts.at(-1)).toBe('\x1b[K');
});

test('elsewhere there is a line every five seconds', () => {
  expect(written(false)).toEqual([
    'step 25/100, epoch 3/10, loss 0.500, 15 s left\n',
    'step 50/100, epoch 5/10, loss 0.500, 10 s left\n',
    'step 75/100, epoch 8/10, loss 0.500, 5 s left\n',
    'step 100/100, epoch 10/10, loss 0.500, 0 s left\n',
  ]);
});

test('times are given in seconds up to a minute, then in minutes', () => {
  expect(duration(0)).toBe('0 s');
  expect(duration(59_400)).toBe('59 s');
  expect(duration(200_000)).toBe('3 min 20 s');
});
