import { beforeAll, expect, test, vi } from 'vitest';
import { alteredTf } from '../../support/altered-engine.ts';
import { classGramByCopies } from '../../support/class-copies.ts';
import { fullGram, watched } from '../../support/class-gradients-of.ts';
import { forked, forkedBatch, type Head } from '../../support/forked.ts';
import { distance } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

beforeAll(wasm);

const HEADS: Head[] = ['size', 'digit'];

function compiled(): tf.LayersModel {
  const model = forked(HEADS);
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
  return model;
}

const WAYS = [
  ['out of the backward pass', () => tf],
  ['by masked passes', () => alteredTf({ withoutTape: true })],
] as const;

test.each(
  WAYS.flatMap(([way, as]) => [
    { way, as, head: 'size' as const, classes: 3 },
    { way, as, head: 'digit' as const, classes: 5 },
  ]),
)('$way, the whole gradient is split by the labels of the watched output: $head', async ({ as, head, classes }) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { xs, ys, labels } = forkedBatch();
  const targets = HEADS.map((one) => ys[one]);
  const model = compiled();
  const reference = classGramByCopies(model, { xs: [xs], ys: targets, labels: labels[head] }, classes);
  const { steps, recording } = await watched(model, { output: head }, as());
  await model.trainOnBatch(xs, targets);
  await recording.monitor.close();
  const { gradients } = steps[0]!;
  expect(distance(fullGram(gradients, classes), reference.gram.flat())).toBeLessThan(5e-6);
  expect(distance([...gradients.along, gradients.total], [...reference.along, reference.total])).toBeLessThan(5e-6);
  warn.mockRestore();
});
