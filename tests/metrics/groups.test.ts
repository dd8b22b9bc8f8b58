import { beforeAll, describe, expect, test } from 'vitest';
import { CurveCache } from '../../dashboard/curves.ts';
import { supportOf } from '../../dashboard/panels.ts';
import { Snapshot } from '../../src/capture/snapshot.ts';
import { RunHistory } from '../../src/history.ts';
import { metrics } from '../../src/metrics/index.ts';
import type { WatchOptions } from '../../src/options.ts';
import type { Declaration } from '../../src/record.ts';
import { listed } from '../support/listed.ts';
import { type Recording, recording } from '../support/recording.ts';
import { RunWriter } from '../support/run.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { blobs, net } from '../support/toys.ts';

beforeAll(wasm);

const COUNTS = [120, 60, 20, 8];
const GROUPS = { head: [0], medium: [1], tail: [2, 3] };

interface Trained extends Recording {
  readonly rows: number[][];
}

/** A network whose classifier gets `width` features. */
function narrow(width: number, useBias: boolean): tf.Sequential {
  const features = tf.layers.dense({ units: width, inputShape: [8] });
  return tf.sequential({ layers: [features, tf.layers.dense({ units: 4, activation: 'softmax', useBias })] });
}

async function trained(
  options: WatchOptions,
  loss: string | ((labels: tf.Tensor, outputs: tf.Tensor) => tf.Tensor) = 'categoricalCrossentropy',
  width?: number,
  useBias = true,
): Promise<Trained> {
  const { xs, ys } = blobs(COUNTS);
  const model = width === undefined ? net(4) : narrow(width, useBias);
  model.compile({ optimizer: tf.train.sgd(0.1), loss });
  const run = await recording(tf, model, { probe: { xs, ys }, ...options });
  await model.fit(xs, ys, { epochs: 1, batchSize: 26, shuffle: false, verbose: 0, callbacks: run.monitor.callbacks });
  await run.monitor.close();
  const kernel = model.layers.at(-1)!.getWeights()[0] as tf.Tensor2D;
  return { ...run, rows: tf.tidy(() => kernel.transpose().arraySync() as number[][]) };
}

function declared({ records }: Recording, name: string): Declaration | undefined {
  const bodies = records.flatMap((record) => (record.kind === 'metric' ? [record.body] : []));
  return bodies.find(({ stream, id }) => `${stream}/${id}` === name);
}

const last = (run: Recording, name: string) => run.of(name).at(-1)!.values;

/** A snapshot of labels, guesses and losses. */
function seen(
  labels: readonly number[],
  guesses: readonly number[],
  losses: readonly number[],
  groups: { [name: string]: number[] },
) {
  const classes = 4;
  const probabilities = Float32Array.from({ length: labels.length * classes }, (_, i) =>
    guesses[Math.floor(i / classes)] === i % classes ? 1 : 0,
  );
  const examples = { labels: Int32Array.from(labels), probabilities, losses: Float64Array.from(losses) };
  return new Snapshot({ stream: 'probe', step: 0, classes, examples, run: { groups, lossName: null, hasBias: null } });
}

const measured = (id: string, snapshot: Snapshot) =>
  listed(metrics.find((metric) => metric.id === id)!.measure(snapshot)!);

describe('figures by group', () => {
  test('are counted over the classes of a group, then divided; missing where the group has no example', () => {
    const snapshot = seen([0, 0, 2, 2, 2, 3], [0, 1, 2, 2, 0, 0], [1, 2, 3, 3, 3, 9], { a: [0, 1], b: [2, 3], c: [1] });
    expect(measured('group-support', snapshot)).toEqual([2, 4, 0]);
    expect(measured('group-recall', snapshot)).toEqual([1 / 2, 2 / 4, null]);
    expect(measured('group-loss', snapshot)).toEqual([3 / 2, 18 / 4, null]);
  });

  test('are, over a window, hits through examples: no recalls of batches are averaged', () => {
    const labels = ['head', 'tail'];
    const writer = new RunWriter(['a', 'b', 'c']);
    // A batch with one example of the tail, which was hit, and one with nine, none of which was.
    for (const [step, tail, recall] of [
      [0, 1, 1],
      [1, 9, 0],
    ] as const) {
      writer
        .measure('train/support', step, [10, tail, 0])
        .measure('train/group-support', step, [10, tail], null, { labels })
        .measure('train/group-recall', step, [0.5, recall], null, { labels });
    }
    const history = new RunHistory();
    for (const record of writer.records) history.add(record);
    const metric = history.metrics.get('train/group-recall')!;
    const support = supportOf(history, metric.declaration)!;
    expect(support.declaration.id).toBe('support');
    const curve = new CurveCache().curve(metric, support);
    expect([curve.value(1, 0), curve.value(1, 1)]).toEqual([0.5, 0.1]);
    expect([...curve.support(1)!]).toEqual([20, 10, 0]);
  });

  test('stand beside those of the classes in a run, in groups that are named', async () => {
    const run = await trained({ groups: GROUPS });
    for (const name of ['train/group-recall', 'probe/group-recall', 'probe/group-loss', 'model/group-cosine']) {
      expect(declared(run, name)!.axes).toEqual([{ name: 'group', labels: ['head', 'medium', 'tail'] }]);
    }
    const [support, recall] = [last(run, 'probe/support'), last(run, 'probe/class-recall')] as number[][];
    const tail = (support![2]! * recall![2]! + support![3]! * recall![3]!) / (support![2]! + support![3]!);
    const byGroup = [recall![0]!, recall![1]!, tail];
    last(run, 'probe/group-recall').forEach((value, g) => {
      expect(value).toBeCloseTo(byGroup[g]!, 6);
    });
    expect(run.of('train/group-recall')).toHaveLength(run.of('train/class-recall').length);
  });

  test('of the classifier are about the pairs within each group; a group of one class has none', async () => {
    const run = await trained({ groups: GROUPS });
    const [a, b] = run.rows.slice(2) as [number[], number[]];
    const dot = (u: number[], v: number[]) => u.reduce((sum, x, j) => sum + x * v[j]!, 0);
    const [p, q] = [Math.sqrt(dot(a, a)), Math.sqrt(dot(b, b))];
    const cosines = last(run, 'model/group-cosine');
    expect(cosines.slice(0, 2)).toEqual([null, null]);
    expect(cosines[2]).toBeCloseTo(dot(a, b) / (p * q), 5);
    expect(cosines[2]).toBe(last(run, 'model/minority-cosine')[0]);
    expect(last(run, 'model/group-norm-variation')[2]).toBeCloseTo(Math.abs(p - q) / (p + q), 5);
  });

  test.each([[{}], [{ groups: {} }]])('are not there where nobody made groups: %j', async (options) => {
    const run = await trained({ ...options, classCounts: COUNTS });
    expect(run.of('model/minority-cosine').length).toBeGreaterThan(0);
    expect(run.records.filter((record) => record.kind === 'measurement' && record.metric.startsWith('group-'))).toEqual(
      [],
    );
  });
});

describe('the angle of a simplex frame', () => {
  const marks = (run: Recording, name = 'model/minority-cosine') => declared(run, name)!.panels[0]!.marks;
  const options = { groups: GROUPS };

  test('is a reference line where cross-entropy trains', async () => {
    const run = await trained(options);
    expect(marks(run)).toEqual([{ value: -1 / 3, label: 'simplex' }]);
    expect(marks(run, 'model/group-cosine')).toEqual(marks(run));
  });

  test('is one, too, where it is cross-entropy by a function of tf.losses', async () => {
    expect(marks(await trained(options, tf.losses.softmaxCrossEntropy))).toEqual([{ value: -1 / 3, label: 'simplex' }]);
    expect(marks(await trained(options, tf.metrics.categoricalCrossentropy))).toHaveLength(1);
  });

  test('is none with another loss, or with one that nobody knows', async () => {
    expect(marks(await trained(options, 'meanSquaredError'))).toBeUndefined();
    const own = (labels: tf.Tensor, outputs: tf.Tensor) => tf.losses.softmaxCrossEntropy(labels, outputs) as tf.Tensor;
    expect(marks(await trained(options, own))).toBeUndefined();
  });

  test('is a right one where squared error trains without a bias, and there is room for it', async () => {
    const rightAngle = [{ value: 0, label: 'right angle' }];
    for (const loss of ['meanSquaredError', tf.losses.meanSquaredError, tf.metrics.meanSquaredError]) {
      expect(marks(await trained(options, loss, 4, false))).toEqual(rightAngle);
    }
    expect(marks(await trained(options, 'meanSquaredError', 3, false))).toBeUndefined();
    expect(marks(await trained(options, 'categoricalCrossentropy', 4, false))).toEqual([
      { value: -1 / 3, label: 'simplex' },
    ]);
  });

  test('is none where fewer than C - 1 features leave no room for it', async () => {
    expect(marks(await trained(options, 'categoricalCrossentropy', 3))).toHaveLength(1);
    expect(marks(await trained(options, 'categoricalCrossentropy', 2))).toBeUndefined();
  });
});
