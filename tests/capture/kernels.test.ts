import { beforeAll, expect, test } from 'vitest';
import { type KernelListener, Kernels } from '../../src/capture/engine/kernels.ts';
import { tf, wasm } from '../support/tensorflow.ts';

beforeAll(wasm);

/** What the listener was told, while it listened to the sum of one and two. */
function heard(answer: (() => tf.Scalar | null) | null) {
  const told: string[] = [];
  const listener: KernelListener = {
    before: (name) => void told.push(`before ${name}`),
    after: (name) => void told.push(`after ${name}`),
    ...(answer === null ? {} : { answer: answer as KernelListener['answer'] & {} }),
  };
  const sum = Kernels.of(tf)!.heard(listener, () => tf.add(1, 2));
  return { told, value: sum.dataSync()[0] };
}

test('a listener that does not answer, or answers nothing, lets the kernel run', () => {
  const expected = { told: ['before Add', 'after Add'], value: 3 };
  expect([heard(null), heard(() => null)]).toEqual([expected, expected]);
});

test('what a listener answers is what the operation gets: the kernel does not run', () => {
  expect(heard(() => tf.scalar(7))).toEqual({ told: ['before Add'], value: 7 });
});

test('what a listener runs to answer is not told to it', () => {
  expect(heard(() => tf.mul(2, 4))).toEqual({ told: ['before Add'], value: 8 });
});
