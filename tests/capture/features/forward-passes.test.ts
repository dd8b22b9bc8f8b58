import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { WatchOptions } from '../../../src/options.ts';
import { type Recording, recording } from '../../support/recording.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, net } from '../../support/toys.ts';

beforeAll(async () => void (await wasm()));

const COUNTS = [40, 30, 20];
/** Steps whose evaluation the schedule asks for. */
const EVALUATED = [0, 3];

interface Passes {
  /** Calls of each layer, in the order of the layers. */
  readonly layers: number[];
  /** Calls of model.predict. */
  readonly predictions: number;
}

/** The passes of each of five steps; null: nobody watches. */
async function passesOf(options: WatchOptions | null): Promise<{ steps: Passes[]; run: Recording | null }> {
  const [{ xs, ys }, model] = [blobs(COUNTS), net(3)];
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const schedule = (step: number) => EVALUATED.includes(step);
  const run = options === null ? null : await recording(tf, model, { budget: 1, survey: false, schedule, ...options });
  const calls = model.layers.map((layer) => vi.spyOn(layer, 'call'));
  const predict = vi.spyOn(model, 'predict');
  const steps: Passes[] = [];
  for (let step = 0; step < 5; step++) {
    for (const spy of [...calls, predict]) spy.mockClear();
    await model.trainOnBatch(xs, ys);
    steps.push({ layers: calls.map(({ mock }) => mock.calls.length), predictions: predict.mock.calls.length });
  }
  await run?.monitor.close();
  return { steps, run };
}

const measuredAt = (run: Recording | null, name: string) => run!.of(name).map(({ step }) => step);

describe('forward passes', () => {
  test('features of training examples come from the pass that trains: none is added, at no step', async () => {
    const { steps: plain } = await passesOf(null);
    const { steps, run } = await passesOf({});
    expect(measuredAt(run, 'train/nc1')).toEqual([3, 5]);
    expect(run!.of('train/class-grad-norm').length).toBeGreaterThan(0);
    expect(steps).toEqual(plain);
    expect(new Set(steps.map(({ layers }) => layers.join()))).toEqual(new Set(['1,1']));
  });

  test('an evaluation of a probe is one call of predict and one pass, out of which its features come, too', async () => {
    const { xs, ys } = blobs(COUNTS);
    const { steps, run } = await passesOf({ probe: { xs, ys } });
    for (const name of ['probe/loss', 'probe/nc1', 'probe/feature-energy']) {
      expect([name, measuredAt(run, name)]).toEqual([name, [...EVALUATED, 5]]);
    }
    // Before the first step the layers are heard once more, for their gamma.
    expect(steps.map(({ predictions }) => predictions)).toEqual([1, 0, 0, 1, 0]);
    expect(steps.map(({ layers }) => layers.join())).toEqual(['3,3', '1,1', '1,1', '2,2', '1,1']);
  });
});
