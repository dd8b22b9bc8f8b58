import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { TrainingCallback } from '../src/callbacks.ts';
import type { ShownRecord } from '../src/journal.ts';
import {
  type CallbackOptions,
  callbacks,
  classGradients,
  classifierGeometry,
  classMetrics,
  initialGuesses,
} from '../src/suite.ts';
import type { TfLike } from '../src/tf.ts';
import { UsageError } from '../src/usage-error.ts';
import { watch } from '../src/watch.ts';
import { folder, run } from './support/script.ts';
import { tf, wasm } from './support/tensorflow.ts';
import { blobs, net } from './support/toys.ts';

beforeAll(wasm);

type Part = (tf: TfLike, options: CallbackOptions) => TrainingCallback[];
const PARTS: readonly Part[] = [callbacks, initialGuesses, classMetrics, classGradients, classifierGeometry];

/** Records of one fit under one part of the suite; `mine`: a callback of the user before it. */
async function trained(part: Part, mine: object[] = []): Promise<ShownRecord[]> {
  const { xs, ys } = blobs([40, 20, 4]);
  const model = net(3);
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
  const records: ShownRecord[] = [];
  const suite = part(tf, { probe: { xs, ys }, onRecord: (record) => records.push(record) });
  await model.fit(xs, ys, { epochs: 2, batchSize: 16, verbose: 0, callbacks: [...mine, ...suite] as never });
  return records;
}

const names = (records: ShownRecord[]) => [
  ...new Set(records.flatMap((r) => (r.kind === 'measurement' ? [`${r.stream}/${r.metric}`] : []))),
];

describe('one line in fit', () => {
  test('callbacks measures everything, from before the first step to the end of training', async () => {
    const records = await trained(callbacks);
    expect(names(records)).toEqual(
      expect.arrayContaining(['probe/confusion', 'train/class-loss', 'model/classifier-norm']),
    );
    expect(records[0]!.kind).toBe('run');
    expect(records.at(-1)).toMatchObject({ kind: 'end', step: 8, body: { status: 'finished' } });
    const probed = records.find((r) => r.kind === 'measurement' && r.stream === 'probe');
    expect(probed!.step).toBe(0);
  });

  test('initialGuesses measures only what the untrained network guesses', async () => {
    const records = await trained(initialGuesses);
    expect(names(records)).toEqual([
      'probe/survey-inits',
      'probe/survey-fractions',
      'probe/survey-gamma',
      'probe/predicted-width-gamma',
      'probe/predicted-gamma',
      'probe/bias-causes',
      'probe/support',
      'probe/predicted-fraction',
      'probe/mean-probability',
      'probe/top-share',
      'probe/effective-classes',
      'probe/gamma',
      'probe/ranked-fractions',
      'probe/node-mean',
      'probe/node-spread',
      'probe/layer-gamma',
    ]);
    expect(records.filter((r) => r.kind === 'measurement').every(({ step }) => step === 0)).toBe(true);
  });

  test('classMetrics measures classes on batches and probe, and nothing of the weights', async () => {
    const measured = names(await trained(classMetrics));
    expect(measured).toEqual(expect.arrayContaining(['train/class-recall', 'probe/class-precision']));
    expect(measured.filter((name) => name.startsWith('model/') || name.includes('grad'))).toEqual([]);
  });

  test('classGradients measures gradients and what they cost, nothing else, and needs no probe', async () => {
    const records: ShownRecord[] = [];
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const suite = classGradients(tf, { onRecord: (record) => records.push(record) });
    await model.fit(xs, ys, { epochs: 2, batchSize: 16, verbose: 0, callbacks: suite as never });
    const others = names(records).filter((name) => !/^monitor\/|grad|update|alignment|jump/.test(name));
    expect([others, records.at(-1)]).toMatchObject([[], { kind: 'end', step: 8, body: { status: 'finished' } }]);
    expect(names(records)).toEqual(
      expect.arrayContaining([
        'train/class-grad-norm',
        'train/class-grad-cosine',
        'train/class-alignment',
        'train/gradient-noise',
        'model/gradient-norm',
        'model/update-ratio',
        'monitor/coverage',
        'monitor/interval',
        'monitor/overhead',
      ]),
    );
  });

  test('classifierGeometry measures how the rows of the classifier and training features lie, nothing else, and needs no probe', async () => {
    const records: ShownRecord[] = [];
    const { xs, ys } = blobs([40, 20, 4, 4]);
    const model = net(4);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const known = { groups: { minority: [2, 3] }, classCounts: [40, 20, 4, 4] };
    const suite = classifierGeometry(tf, { ...known, onRecord: (record) => records.push(record) });
    await model.fit(xs, ys, { epochs: 2, batchSize: 17, verbose: 0, callbacks: suite as never });
    const classifier = ['cosine', 'norm'].map((of) => `classifier-${of}`);
    const rows = [
      'group-cosine',
      'group-norm-variation',
      'minority-cosine',
      'nc2-equiangularity-classifier',
      'nc2-equinorm-classifier',
      'norm-variation',
    ];
    const features = [
      'cdnv',
      'feature-energy',
      'mean-cosine',
      'nc1',
      'nc2-equiangularity-means',
      'nc2-equinorm-means',
      'nc3',
      'nc4',
    ];
    expect(names(records).sort()).toEqual([
      ...['class-plane', ...classifier, 'collapse-ratio', ...rows, 'plane-share', 'weight-energy'].map(
        (id) => `model/${id}`,
      ),
      ...features.map((id) => `train/${id}`),
    ]);
    expect(records.at(-1)).toMatchObject({ kind: 'end', step: 8, body: { status: 'finished' } });
  });

  test('works behind a BaseCallback of the user too', async () => {
    class Mine extends tf.Callback {}
    expect((await trained(callbacks, [new Mine()])).at(-1)).toMatchObject({ kind: 'end', step: 8 });
  });

  test('the parts combine: each has its own run, and none ends the other', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const own = Object.keys(model.optimizer);
    const ends: unknown[] = [];
    const options: CallbackOptions = {
      probe: { xs, ys },
      onRecord: (r) => r.kind === 'end' && ends.push([r.step, r.body.status]),
    };
    const both = [...initialGuesses(tf, options), ...classMetrics(tf, options)];
    await model.fit(xs, ys, { epochs: 1, batchSize: 16, verbose: 0, callbacks: both as never });
    expect(ends).toEqual([
      [4, 'finished'],
      [4, 'finished'],
    ]);
    expect(Object.keys(model.optimizer).filter((key) => !key.endsWith('_'))).toEqual(
      own.filter((key) => !key.endsWith('_')),
    );
  });

  test('initialGuesses without a probe is refused at once', () => {
    expect(() => initialGuesses(tf, {})).toThrow(
      /^Expected a probe to show guesses on, got none: pass \{ probe: \{ xs, ys \} \}\.$/,
    );
  });

  test.each([
    [{ onRecord: 5 }, 'Expected the option onRecord to be a function, got a number.'],
    [{ onRecord: null }, 'Expected the option onRecord to be a function, got null.'],
    [{ onRecord: [] }, 'Expected the option onRecord to be a function, got a list.'],
    [{ onAlert: 5 }, 'Expected the option onAlert to be a function, got a number.'],
    [{ onAlert: null }, 'Expected the option onAlert to be a function, got null.'],
  ])('%j is no listener, and refused at once', async (wrong, sentence) => {
    const { xs, ys } = blobs([20, 20, 4]);
    const options = { probe: { xs, ys }, ...wrong } as never;
    for (const part of PARTS) expect(() => part(tf, options)).toThrow(new UsageError(sentence));
    if ('onAlert' in wrong) await expect(watch(tf, net(3), options)).rejects.toThrow(new UsageError(sentence));
  });

  test.each([
    ['onAlert', { onAlert: () => {} }],
    ['stopOn', { stopOn: ['minority-collapse'] }],
    ['rules', { rules: ['minority-collapse'] }],
  ])('%s is refused beside onRecord: no rule is evaluated there', (name, asked) => {
    const { xs, ys } = blobs([20, 20, 4]);
    const options = { probe: { xs, ys }, ...asked };
    const sentence = `Expected onRecord or ${name}, got both: rules are evaluated by the relay, which does not run where onRecord takes the records; leave out onRecord.`;
    for (const part of PARTS) {
      expect(() => part(tf, { ...options, onRecord: () => {} })).toThrow(new UsageError(sentence));
      expect(part(tf, options)).toHaveLength(1);
      expect(part(tf, { ...options, onRecord: undefined } as never)).toHaveLength(1);
    }
  });

  test('lists of no rules ask for nothing, and are fine beside onRecord', () => {
    expect(callbacks(tf, { stopOn: [], rules: [], onRecord: () => {} })).toHaveLength(1);
  });

  test('begins a new run with each fit', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const runs: string[] = [];
    const suite = callbacks(tf, { onRecord: (r) => r.kind === 'run' && runs.push(r.run) });
    for (let i = 0; i < 2; i++) await model.fit(xs, ys, { epochs: 1, verbose: 0, callbacks: suite as never });
    expect(new Set(runs).size).toBe(2);
  });

  test('after a fit that threw, the next fit of the model is watched, and the first run ends as failed', async () => {
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const ends: unknown[] = [];
    const suite = () => callbacks(tf, { onRecord: (r) => r.kind === 'end' && ends.push(r.body.status) });
    const failing = {
      onEpochEnd: () => {
        throw new Error('mine');
      },
    };
    const once = (mine: object[]) =>
      model.fit(xs, ys, { epochs: 1, verbose: 0, callbacks: [...mine, ...suite()] as never });
    await expect(once([failing])).rejects.toThrow('mine');
    await once([]);
    expect(ends).toEqual(['failed', 'finished']);
  });

  test('an onRecord that throws is named in one sentence, and training goes on', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { xs, ys } = blobs([40, 20, 4]);
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    const onRecord = () => {
      throw new Error('mine');
    };
    const history = await model.fit(xs, ys, { verbose: 0, callbacks: classMetrics(tf, { onRecord }) as never });
    const sentences = warn.mock.calls.map(([sentence]) => sentence);
    warn.mockRestore();
    expect(history.epoch).toHaveLength(1);
    expect(sentences).toEqual(['classwatch: onRecord failed; training goes on. mine']);
  });

  test('without onRecord it stores the run and prints the link to the page', async () => {
    const logdir = folder();
    const { code, stdout } = await run(`
      const suite = callbacks(tf, { probe, logdir: '${logdir}', port: 0 });
      await model.fit(xs, ys, { epochs: 1, verbose: 0, callbacks: suite });
    `).finished;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^classwatch: http:\/\/127\.0\.0\.1:\d+\/\?code=[\w-]+(#[\w-]+)?\n$/);
    expect(readdirSync(logdir)).toHaveLength(1);
  });
});
