import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerTrainingKernels, type WasmKernels } from '../../src/wasm/index.ts';
import { wasm } from '../support/tensorflow.ts';
import { distance, numericalGradient, runKernel, tf, uniform } from './backends.ts';

let handle: WasmKernels;
beforeAll(async () => {
  handle = registerTrainingKernels(await wasm());
});
afterAll(() => handle.restore());

const LENGTH: Record<string, number> = { a: 2, b: 3, c: 4, i: 3, j: 5, k: 2, h: 2 };
const shapeOf = (term: string) => [...term].map((letter) => LENGTH[letter]!);

/** Straight from the definition: a sum over all letters. */
function einsum(equation: string, operands: readonly ArrayLike<number>[]): Float64Array {
  const [left, out] = equation.split('->') as [string, string];
  const terms = left.split(',');
  const letters = [...new Set(left.replace(',', ''))];
  const result = new Float64Array(shapeOf(out).reduce((n, m) => n * m, 1));
  const at = (term: string, index: Record<string, number>) =>
    [...term].reduce((flat, letter) => flat * LENGTH[letter]! + index[letter]!, 0);
  const visit = (depth: number, index: Record<string, number>): void => {
    if (depth < letters.length) {
      const letter = letters[depth]!;
      for (let i = 0; i < LENGTH[letter]!; i++) visit(depth + 1, { ...index, [letter]: i });
      return;
    }
    result[at(out, index)]! += terms.reduce((product, term, i) => product * operands[i]![at(term, index)]!, 1);
  };
  visit(0, {});
  return result;
}

const EQUATIONS = [
  ...['ij,jk->ik', 'ij,kj->ik', 'ij,ij->', 'ij,ij->ij', 'i,j->ij', 'ij->ji', 'ij->i', 'ij->', 'aij->aji'],
  ...['abi,aji->abj', 'aibh,ajbh->abij', 'abij,ajbh->aibh', 'aij,jk->aik', 'ijk,kh->ijh', 'ij,k->i', 'ai,aj->ij'],
  ...['abc,cba->b', 'ij,->ij', 'abcd->dcba'.replace('d', 'k').replace('d', 'k')],
];

test.each(EQUATIONS)('einsum %s agrees with its definition, and its gradient with the numerical one', (equation) => {
  const terms = equation.split('->')[0]!.split(',');
  const inputs = terms.map((term, i) => uniform(shapeOf(term), i + 3));
  const expected = einsum(
    equation,
    inputs.map(({ values }) => values),
  );
  const tensors = inputs.map(({ shape, values }) => tf.tensor(values, [...shape]));
  const weights = uniform(shapeOf(equation.split('->')[1]!), 9);
  const loss = (...operands: tf.Tensor[]) =>
    tf.sum(tf.mul(tf.einsum(equation, ...operands), tf.tensor(weights.values, [...weights.shape]))) as tf.Scalar;
  expect(distance(tf.einsum(equation, ...tensors).dataSync(), expected)).toBeLessThan(1e-5);
  tf.grads(loss)(tensors).forEach((gradient, i) => {
    expect(gradient.shape).toEqual(inputs[i]!.shape);
    const numerical = numericalGradient((x) => {
      const operands = inputs.map(({ values }, j) => (i === j ? x : values));
      return einsum(equation, operands).reduce((sum, value, at) => sum + value * weights.values[at]!, 0);
    }, inputs[i]!.values);
    expect(distance(gradient.dataSync(), numerical)).toBeLessThan(1e-4);
  });
});

test('what einsum does not take is refused in a sentence', () => {
  expect(() => tf.einsum('ii->i', tf.ones([2, 2]))).toThrow(/each letter once per term.*'ii->i'/);
  expect(() => tf.einsum('ij->ik', tf.ones([2, 2]))).toThrow(/Expected an einsum equation/);
});

test('segments are summed as on the cpu backend, ids outside of the range are dropped', () => {
  for (const [shape, ids] of [
    [
      [6, 5],
      [0, 2, 2, -1, 7, 3],
    ],
    [[6], [0, 1, 1, 0, 3, 9]],
    [
      [4, 3, 2],
      [3, 3, 3, 0],
    ],
  ] as const) {
    const segmentIds = { shape: [ids.length], values: Int32Array.from(ids) };
    for (const x of [uniform(shape, 4), { shape, values: Int32Array.from(uniform(shape, 4).values, (v) => v * 90) }]) {
      const [ours, theirs] = (['wasm', 'cpu'] as const).map((name) =>
        runKernel(name, 'UnsortedSegmentSum', { x, segmentIds }, { numSegments: 4 }),
      );
      expect(ours!.shape).toEqual([4, ...shape.slice(1)]);
      if (x.values instanceof Float32Array) expect(distance(ours!.values, theirs!.values)).toBeLessThan(1e-6);
      else expect([...new Int32Array(ours!.values)]).toEqual([...new Int32Array(theirs!.values)]);
    }
  }
});
