import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { inputStatistics } from '../../src/capture/stack/input-statistics.ts';
import type { ShownRecord } from '../../src/journal.ts';
import type { WatchOptions } from '../../src/options.ts';
import { callbacks } from '../../src/suite.ts';
import { gammaOfWidth } from '../../src/theory/width-gamma.ts';
import { type Recording, recording } from '../support/recording.ts';
import { Secretive } from '../support/secretive.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { blobs, net, weightsOf } from '../support/toys.ts';

beforeAll(wasm);
afterEach(() => void vi.restoreAllMocks());

const COUNTS = [40, 20, 4];
const { layers } = tf;

class SecretiveGuess extends Secretive {
  static override className = 'SecretiveGuess';
}
tf.serialization.registerClass(SecretiveGuess);

/** Unknown to tfjs. */
class Unregistered extends layers.Layer {
  static className = 'UnregisteredGuess';
  override call(xs: tf.Tensor | tf.Tensor[]) {
    return ([xs].flat()[0] as tf.Tensor).clone();
  }
}

const secretive = () =>
  tf.sequential({
    layers: [
      layers.dense({ inputShape: [8], units: 12, activation: 'relu' }),
      new SecretiveGuess({ factor: 3 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });

/** What `watch` records before a step is seen; as many tensors afterwards as before it. */
async function outset(model: tf.LayersModel, options: WatchOptions = {}): Promise<Recording> {
  const { xs, ys } = blobs(COUNTS);
  const optimizer = tf.train.sgd(0.1);
  const tensors = tf.memory().numTensors;
  const recorded = await recording(tf, model, {
    optimizer,
    probe: { xs, ys },
    survey: { maxSeconds: 600 },
    ...options,
  });
  await recorded.monitor.close();
  expect(tf.memory().numTensors).toBe(tensors);
  return recorded;
}

const declared = (records: readonly ShownRecord[], id: string) => {
  const record = records.find((one) => one.kind === 'metric' && one.body.id === id);
  return record?.kind === 'metric' ? record.body : null;
};
const noteOf = ({ records }: Recording, id = 'survey-inits') =>
  declared(records, id)?.panels.find(({ role }) => role === 'note')?.note;
const runOf = ({ records }: Recording) => (records[0]!.kind === 'run' ? records[0]!.body : null);

describe('watch surveys the architecture before it returns', () => {
  test('8 initialisations on the probe, each with the shares of all classes, at step 0', async () => {
    const recorded = await outset(net(3));
    const [fractions, ...more] = recorded.of('probe/survey-fractions');
    expect(more).toEqual([]);
    expect(fractions).toMatchObject({ step: 0, shape: [8, 3] });
    for (let i = 0; i < 8; i++) {
      const row = fractions!.values.slice(3 * i, 3 * i + 3) as number[];
      expect(row.reduce((sum, share) => sum + share)).toBeCloseTo(1, 6);
      for (const share of row) expect((share * 64) % 1).toBeCloseTo(0, 4);
    }
    const labels = ['1', '2', '3', '4', '5', '6', '7', '8'];
    expect(declared(recorded.records, 'survey-fractions')!.axes).toEqual([{ name: 'initialisation', labels }, 'class']);
    expect(recorded.of('probe/survey-inits')[0]!.values).toEqual([8]);
    expect(noteOf(recorded)).toBe('8 initialisations of this architecture on 64 examples.');
    const [gamma, low, high] = recorded.of('probe/survey-gamma')[0]!.values as number[];
    expect([low! < gamma!, gamma! < high!]).toEqual([true, true]);
    expect(recorded.of('probe/survey-gamma-training')).toEqual([]);
  });

  test('BatchNorm and dropout are surveyed and predicted in both modes', async () => {
    const recorded = await outset(net(3, 8, { batchNorm: true, dropout: true }));
    for (const of of ['survey-gamma', 'predicted-gamma']) {
      const [evaluation] = recorded.of(`probe/${of}`)[0]!.values;
      const [training] = recorded.of(`probe/${of}-training`)[0]!.values;
      expect([of, training! < evaluation!]).toEqual([of, true]);
    }
  });

  test('theory tells what finite width adds to gamma, and the survey what it was', async () => {
    const recorded = await outset(net(3));
    const [width] = recorded.of('probe/predicted-width-gamma')[0]!.values;
    const { directions } = inputStatistics(await blobs(COUNTS).xs.data(), 8);
    // One layer of eight units: between what inputs alone and what linear units would add.
    expect(width!).toBeGreaterThan(0.3 * gammaOfWidth(directions!, 3));
    expect(width!).toBeLessThan(gammaOfWidth(1 / (1 / directions! + 1 / 4), 3));
  });

  test('theory names what makes the guesses uneven, and by how much', async () => {
    const recorded = await outset(net(3));
    const [gamma] = recorded.of('probe/predicted-gamma')[0]!.values;
    const { values } = recorded.of('probe/bias-causes')[0]!;
    const [axis] = declared(recorded.records, 'bias-causes')!.axes;
    const { labels = [] } = axis as { readonly labels?: readonly string[] };
    expect(values[0]).toBeCloseTo(gamma!, 5);
    expect(labels[0]).toBe('as it is');
    expect(labels).toContain('tanh in place of relu');
    expect(labels.length).toBe(values.length);
    for (const value of values.slice(1)) expect(value!).toBeLessThan(gamma!);
    expect(noteOf(recorded, 'predicted-gamma')).toMatch(
      /^Why, by theory: gamma is [\d.]+; with .+ [\d.]+(, with .+ [\d.]+)?\.$/,
    );
  });

  test('the same in a hand-written loop, and under callbacks, which get their model from fit', async () => {
    const { xs, ys } = blobs(COUNTS);
    const records: ShownRecord[] = [];
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    await model.fit(xs, ys, {
      epochs: 1,
      verbose: 0,
      callbacks: callbacks(tf, { probe: { xs, ys }, onRecord: (record) => records.push(record) }) as never,
    });
    const names = records.flatMap((record) => (record.kind === 'measurement' ? [record.metric] : []));
    expect(names.indexOf('survey-inits')).toBe(0);
    expect(names.indexOf('survey-fractions')).toBeLessThan(names.indexOf('predicted-fraction'));
  });

  test('a model that gets its layers after watch is surveyed where fit waits', async () => {
    const { xs, ys } = blobs(COUNTS);
    const model = tf.sequential();
    const { monitor, of } = await recording(tf, model, {
      numClasses: 3,
      probe: { xs, ys },
      survey: { maxSeconds: 600 },
    });
    expect(of('probe/survey-inits')).toEqual([]);
    for (const layer of net(3).layers) model.add(layer);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    for (let i = 0; i < 2; i++) await model.fit(xs, ys, { epochs: 1, verbose: 0, callbacks: monitor.callbacks });
    await monitor.close();
    expect(of('probe/survey-inits').map(({ step, values }) => [step, ...values])).toEqual([[0, 8]]);
  });

  test('of a large probe about a thousand examples, from all over it', async () => {
    const { xs, ys } = blobs([1500, 1500, 1500]);
    const recorded = await outset(net(3), { probe: { xs, ys }, survey: { maxSeconds: 60 } });
    expect(noteOf(recorded)).toBe('8 initialisations of this architecture on 1000 examples.');
  });
});

describe('training is as without the survey', () => {
  test('weights, moving statistics and draws are the same bit for bit', async () => {
    const { xs, ys } = blobs(COUNTS);
    const trained = async (survey: WatchOptions['survey']) => {
      const model = net(3, 8, { batchNorm: true, dropout: true });
      model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });
      const tensors = tf.memory().numTensors;
      const { monitor, of } = await recording(tf, model, {
        probe: { xs, ys },
        ...(survey === false ? { survey } : {}),
      });
      const fresh = weightsOf(model);
      await model.fit(xs, ys, { epochs: 3, batchSize: 16, verbose: 0, shuffle: false, callbacks: monitor.callbacks });
      await monitor.close();
      return {
        fresh,
        weights: weightsOf(model),
        surveys: of('probe/survey-inits').length,
        left: tf.memory().numTensors - tensors,
      };
    };
    const draws = vi.spyOn(Math, 'random');
    const without = await trained(false);
    const drawn = draws.mock.calls.length;
    const withSurvey = await trained(undefined);
    expect(withSurvey).toEqual({ ...without, surveys: 1 });
    expect(without.surveys).toBe(0);
    expect(draws.mock.calls.length - drawn).toBe(drawn);
  });
});

describe('there is no survey, and one sentence says why', () => {
  test('of a model that was trained before: its bias is inherited, as the run says', async () => {
    const { xs, ys } = blobs(COUNTS);
    const model = net(3);
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    await model.fit(xs, ys, { epochs: 1, verbose: 0 });
    const recorded = await outset(model);
    expect(runOf(recorded)!.inherited).toBe('its optimizer has made 2 updates already');
    expect(noteOf(recorded)).toBe('Inherited bias, no survey: its optimizer has made 2 updates already.');
    expect(recorded.of('probe/survey-inits')[0]!.values).toEqual([0]);
    for (const name of ['survey-fractions', 'survey-gamma', 'predicted-gamma', 'bias-causes']) {
      expect(recorded.of(`probe/${name}`)).toEqual([]);
    }
  });

  test('of one that can not be copied', async () => {
    const recorded = await outset(secretive());
    expect(runOf(recorded)).not.toHaveProperty('inherited');
    expect(noteOf(recorded)).toBe(
      "No survey was done, for the model can't be copied: a copy of it with the same weights gives other outputs. " +
        'Or call survey() with a function that builds it.',
    );
    expect(noteOf(recorded, 'predicted-gamma')).toMatch(
      /^Theory stops here: layer .+ is of the class SecretiveGuess, for which theory has no formula\.$/,
    );
    expect(recorded.of('probe/predicted-gamma')[0]!.values).toEqual([null]);
  });

  test('of one with a layer that tfjs does not know: which one, and what to call', async () => {
    const unregistered = new Unregistered({ name: 'my_own' });
    const [first, last] = [layers.dense({ inputShape: [8], units: 12 }), layers.dense({ units: 3 })];
    expect(noteOf(await outset(tf.sequential({ layers: [first, unregistered, last] })))).toBe(
      `No survey was done, for the model can't be copied: UnregisteredGuess, the class of its layer "my_own", is unknown to tfjs ` +
        'until tf.serialization.registerClass(UnregisteredGuess) is called. Or call survey() with a function that builds it.',
    );
  });

  test('a chart of gamma stands only where survey or theory has a number for it', async () => {
    const charts = ({ records }: Recording) =>
      records.flatMap((record) => (record.kind === 'metric' ? record.body.panels.map(({ title }) => title) : []));
    expect(charts(await outset(secretive()))).not.toContain('Gamma of this architecture');
    expect(charts(await outset(net(3)))).toContain('Gamma of this architecture');
  });

  test.each([
    [
      'of too many parameters',
      { survey: { maxParameters: 100 } },
      /the model has 147 parameters, more than 100 \(survey\.maxParameters\)\.$/,
    ],
    [
      'guessed by predict',
      { predict: (xs: tf.Tensor) => tf.ones([xs.shape[0], 3]) },
      /the guesses are made by predict, not by the model alone\.$/,
    ],
  ] as const)('%s', async (_, options, sentence) => {
    const recorded = await outset(net(3), options as WatchOptions);
    expect(noteOf(recorded)).toMatch(sentence);
    expect(recorded.of('probe/predicted-gamma').length).toBe(1);
  });

  test('of an output that is not the first', async () => {
    const input = tf.input({ shape: [8] });
    const heads = [2, 3].map((units) => layers.dense({ units, activation: 'softmax' }).apply(input));
    const recorded = await outset(tf.model({ inputs: input, outputs: heads as tf.SymbolicTensor[] }), { output: 1 });
    expect(noteOf(recorded)).toMatch(/^No survey was done: the output that is watched is not dense_.+, the first/);
  });

  test('switched off, or without a probe, nothing is said at all', async () => {
    for (const options of [{ survey: false }, { probe: undefined }] as const) {
      const recorded = await outset(net(3), options as WatchOptions);
      expect(
        recorded.records.filter((record) => record.kind === 'metric' && /survey|predicted-gamma/.test(record.body.id)),
      ).toEqual([]);
    }
  });

  test('fewer initialisations than asked for, where time is up', async () => {
    const recorded = await outset(net(3), { survey: { maxSeconds: 1e-6 } });
    expect(noteOf(recorded)).toBe(
      '1 initialisation of this architecture on 64 examples, as many as 0.000001 s allowed.',
    );
  });
});
