import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { survey } from '../src/capture/survey/survey.ts';
import { resolveOptions, type WatchOptions } from '../src/options.ts';
import { callbacks, classGradients, classifierGeometry, classMetrics, initialGuesses } from '../src/suite.ts';
import { UsageError } from '../src/usage-error.ts';
import { watch } from '../src/watch.ts';
import { recording } from './support/recording.ts';
import { tf, wasm } from './support/tensorflow.ts';
import { blobs, net } from './support/toys.ts';

beforeAll(wasm);
afterEach(() => void vi.unstubAllEnvs());

test.each([
  [{ prob: 1 }, /^Unknown option "prob": did you mean "probe"\?$/],
  [{ classnames: [] }, /^Unknown option "classnames": did you mean "classNames"\?$/],
  [
    { mode: 'offlin' },
    /^Expected mode to be 'online' or 'offline' or 'disabled', got 'offlin': did you mean 'offline'\?$/,
  ],
  [{ outputs: 'logit' }, /did you mean 'logits'\?$/],
  [{ port: 70000 }, /^Expected port to be an integer from 0 to 65535, got 70000\.$/],
  [{ port: '6120' }, /^Expected the option port to be a number, got a string\.$/],
  [
    { budget: 0 },
    /^Expected budget to be a share of training time above 0 and up to 1, got 0: 0\.05 is the default\.$/,
  ],
  [{ budget: 5 }, /^Expected budget to be a share of training time above 0 and up to 1, got 5: /],
  [{ budget: NaN }, /^Expected budget to be a share of training time above 0 and up to 1, got NaN: /],
  [{ budget: '5%' }, /^Expected the option budget to be a number, got a string\.$/],
  [{ groups: ['a'] }, /^Expected the option groups to be an object, got a list\.$/],
  [
    { classCounts: [5, -1] },
    /^Expected classCounts to be the number of training examples of each class, got -1 for class 1\.$/,
  ],
  [{ classCounts: [5, NaN] }, /^Expected classCounts to be .*, got NaN for class 1\.$/],
  [{ classCounts: ['5'] }, /^Expected classCounts to be .*, got 5 \(a string\) for class 0\.$/],
  [{ classCounts: [0, 0] }, /^Expected classCounts to be .*, got 0 for all\.$/],
  [{ survey: 5 }, /^Expected the option survey to be a boolean or object, got a number\.$/],
  [{ survey: { init: 5 } }, /^Unknown option "survey\.init": did you mean "survey\.inits"\?$/],
  [{ survey: { inits: 0 } }, /^Expected inits to be a whole number of at least 1, got 0\.$/],
  [{ survey: { maxSeconds: -1 } }, /^Expected maxSeconds to be a number above 0, got -1\.$/],
  [{ absorb: 'yes' }, /^Expected the option absorb to be a boolean, got a string\.$/],
  [{ name: 5 }, /^Expected the option name to be a string, got a number\.$/],
  [{ schedule: 10 }, /^Expected the option schedule to be a function, got a number\.$/],
  [{ stopOn: ['predicton-collapse'] }, /got 'predicton-collapse': did you mean 'prediction-collapse'\?$/],
  [{ evalSets: { train: {} } }, /^Expected names of evalSets .* got "train": rename it\.$/],
])('%j is refused with a sentence', (options, sentence) => {
  expect(() => resolveOptions(options as WatchOptions)).toThrow(sentence);
  expect(() => callbacks(tf, options as WatchOptions)).toThrow(sentence);
});

test('a budget is a share of training time, all of it at most', () => {
  expect([0.05, 1].map((budget) => resolveOptions({ budget }).budget)).toEqual([0.05, 1]);
});

test('code goes before environment before default', () => {
  vi.stubEnv('CLASSWATCH_LOGDIR', 'from-environment');
  vi.stubEnv('CLASSWATCH_MODE', 'offline');
  expect(resolveOptions({})).toMatchObject({ logdir: 'from-environment', mode: 'offline' });
  expect(resolveOptions({ logdir: 'mine' }).logdir).toBe('mine');
});

test('mode disabled leaves training as if classwatch were not there', async () => {
  vi.stubEnv('CLASSWATCH_MODE', 'disabled');
  const { xs, ys } = blobs([20, 20, 4]);
  const model = net(3);
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
  const { monitor, records } = await recording(tf, model, { probe: { xs, ys } });
  await model.fit(xs, ys, { epochs: 1, verbose: 0, callbacks: monitor.callbacks });
  await monitor.close();
  expect([records, monitor.url, Object.keys(model.optimizer).includes('applyGradients')]).toEqual([[], null, false]);
});

describe('watch refuses before training starts', () => {
  const { xs, ys } = { xs: () => blobs([20, 20, 4]).xs, ys: () => blobs([20, 20, 4]).ys };
  const cases: [string, () => WatchOptions, RegExp][] = [
    [
      'labels that are not classes',
      () => ({ probe: { xs: xs(), ys: tf.tensor1d(Array(44).fill(3), 'int32') } }),
      /^Expected the labels of probe to be classes 0 to 2, got 3: name all classes in classNames, or mend the labels\.$/,
    ],
    [
      'one-hot labels of another number of classes',
      () => ({ probe: { xs: xs(), ys: tf.zeros([44, 4]) } }),
      /^Expected the labels of probe as \[examples, 3\] \(one-hot\) or \[examples\] \(class indices\), got shape \[44, 4\]: check numClasses or classNames\.$/,
    ],
    [
      'inputs and labels of different number',
      () => ({ probe: { xs: xs(), ys: ys().slice(0, 40) } }),
      /^Expected as many inputs as labels in probe, at least one, got 44 inputs and 40 labels\.$/,
    ],
    [
      'what is no tensor',
      () => ({ probe: { xs: [1, 2], ys: ys() } as never }),
      /^Expected probe: \{ xs, ys \} with live tensors, got number: pass tensors and keep them until watch returns\.$/,
    ],
    [
      'class names that are not as many as the outputs of the model',
      () => ({ classNames: ['a', 'b'] }),
      /^Expected as many classes everywhere, got 2 \(classNames or numClasses\) and 3 \(outputs of the model\)\.$/,
    ],
  ];
  test.each(cases)('%s', async (_, options, sentence) => {
    const model = net(3);
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const before = Object.keys(model.optimizer);
    await expect(recording(tf, model, options())).rejects.toThrow(sentence);
    expect(Object.keys(model.optimizer)).toEqual(before);
  });

  test('what is no TensorFlow.js, in the callbacks and the survey, too', async () => {
    for (const [none, got] of [
      [null, 'null'],
      [undefined, 'undefined'],
      [{}, 'another object'],
      ['tf', 'string'],
    ] as [never, string][]) {
      const sentence = `Expected the TensorFlow.js that trains as the first argument, got ${got}: pass what import * as tf from '@tensorflow/tfjs' gives.`;
      const expected = new UsageError(sentence);
      await expect(watch(none, net(3))).rejects.toThrow(expected);
      await expect(survey(none, net(3), tf.zeros([4, 2]))).rejects.toThrow(expected);
      for (const make of [callbacks, classMetrics, classGradients, classifierGeometry]) {
        expect(() => make(none)).toThrow(expected);
      }
      expect(() => initialGuesses(none, { probe: { xs: xs(), ys: ys() } })).toThrow(expected);
    }
  });

  test('options that are none, in the callbacks, too', () => {
    for (const make of [callbacks, classMetrics, classGradients, classifierGeometry]) {
      expect(() => make(tf, null as never)).toThrow(/^Expected options as an object, got null\.$/);
    }
  });

  test('nothing to watch at all', async () => {
    await expect(watch(tf, undefined as never)).rejects.toThrow(
      /^Expected a model or options after tf, got undefined: /,
    );
    await expect(watch(tf, net(3), null as never)).rejects.toThrow(/^Expected options as an object, got null\.$/);
  });

  test('neither model nor optimizer', async () => {
    await expect(recording(tf, null, { numClasses: 3 })).rejects.toThrow(
      /^Expected a model or \{ optimizer \} to watch, got neither: /,
    );
  });

  test('an unknown number of classes', async () => {
    await expect(recording(tf, null, { optimizer: tf.train.sgd(0.1) })).rejects.toThrow(
      /^Expected to know the number of classes \(at least 2\), got none: pass classNames or numClasses\.$/,
    );
  });

  test('says that a model is not compiled yet, but goes on: compile may come later', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { monitor } = await recording(tf, net(3));
    expect(warn.mock.calls[0]![0]).toMatch(
      /^classwatch: The model has no loss and no optimizer yet: call model\.compile/,
    );
    await monitor.close();
    warn.mockRestore();
  });
});
