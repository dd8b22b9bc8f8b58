import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { WatchOptions } from '../../src/options.ts';
import { recording } from '../support/recording.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { blobs } from '../support/toys.ts';

beforeAll(wasm);
afterEach(() => void vi.restoreAllMocks());

const { layers } = tf;

/** What the run says of its survey. */
async function told(
  model: tf.LayersModel,
  width: number,
  survey?: WatchOptions['survey'],
): Promise<string | undefined> {
  const { xs, ys } = blobs([4, 4, 4], width);
  const { monitor, records } = await recording(tf, model, {
    optimizer: tf.train.sgd(0.1),
    probe: { xs, ys },
    ...(survey === undefined ? {} : { survey }),
  });
  await monitor.close();
  const metric = records.find((record) => record.kind === 'metric' && record.body.id === 'survey-inits');
  if (metric?.kind !== 'metric') return undefined;
  return metric.body.panels.find(({ role }) => role === 'note')?.note;
}

describe('a survey that nobody gave limits', () => {
  /** 8 parameters for each hidden unit. */
  const wide = (units: number) =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [5], units, useBias: false, activation: 'relu' }),
        layers.dense({ units: 3, useBias: false, activation: 'softmax' }),
      ],
    });

  test('is of models of at most 5,000,000 parameters, of larger ones only where asked for', async () => {
    const once = { inits: 1 };
    const done = '1 initialisation of this architecture on 12 examples.';
    expect(await told(wide(625_000), 5, once)).toBe(done);
    expect(await told(wide(625_001), 5, once)).toBe(
      'No survey was done: the model has 5000008 parameters, more than 5000000 (survey.maxParameters).',
    );
    expect(await told(wide(625_001), 5, { ...once, maxParameters: 5_000_008 })).toBe(done);
  });

  /** Milliseconds that a pass through `Slow` takes by the clock of the test, and that clock. */
  let [took, clock] = [0, 0];

  class Slow extends layers.Layer {
    static className = 'SlowPass';
    override call(xs: tf.Tensor | tf.Tensor[]) {
      clock += took;
      return tf.add([xs].flat()[0] as tf.Tensor, 0);
    }
  }
  tf.serialization.registerClass(Slow);

  // Two passes come first, of the model and of a copy: what they put out has to be the same.
  test.each([
    [495, '3 initialisations of this architecture on 12 examples, as many as 2 s allowed.'],
    [505, '2 initialisations of this architecture on 12 examples, as many as 2 s allowed.'],
    [220, '8 initialisations of this architecture on 12 examples.'],
    [225, '7 initialisations of this architecture on 12 examples, as many as 2 s allowed.'],
  ])('begins no initialisation after 2 seconds: a pass takes %i ms', async (milliseconds, sentence) => {
    [took, clock] = [milliseconds, 0];
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    const model = tf.sequential({
      layers: [
        layers.dense({ inputShape: [8], units: 6, activation: 'relu' }),
        new Slow({}),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    expect(await told(model, 8)).toBe(sentence);
  });
});
