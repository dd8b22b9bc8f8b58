/** How often a healthy run is warned of: the rate at which the lower end of its place exceeds 99 %. */
import { beforeAll, expect, test } from 'vitest';
import { rules } from '../../src/alerts/index.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import type { ShownRecord } from '../../src/journal.ts';
import { type AlertRecord, packValues, type Unnumbered, unpackValues } from '../../src/record.ts';
import { Relay } from '../../src/relay/relay.ts';
import { normalCdf } from '../../src/theory/normal.ts';
import { pooledGamma } from '../../src/theory/pooled-gamma.ts';
import { registerTrainingKernels } from '../../src/wasm/index.ts';
import { generator } from '../support/generator.ts';
import { recording } from '../support/recording.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { normals } from '../theory/draws.ts';

beforeAll(async () => {
  await wasm();
  registerTrainingKernels(tf);
});

test.each([0.05, 0.5, 3])('of two classes at gamma %f fewer than 1 in 100, by 20,000 drawn runs', (gamma) => {
  const random = normals(generator(5));
  const runs = 20_000;
  let warned = 0;
  for (let i = 0; i < runs; i++) {
    // Means of both nodes relative to what an input does to them; what they have in common decides nothing.
    const network = () => ({ means: [0, 1].map(() => Math.sqrt(gamma) * random()), within: 1 });
    const { high } = pooledGamma(Array.from({ length: 8 }, network), 1e9)!;
    const [a, b] = network().means;
    // P(top share is smaller), of an endless probe: the top share is Phi(|a - b| / sqrt 2).
    const low = 2 * normalCdf(Math.abs(a! - b!) / Math.SQRT2 / Math.sqrt(high)) - 1;
    if (low > 0.99) warned++;
  }
  expect(warned / runs).toBeLessThan(0.01);
});

const { layers } = tf;
const he = (seed: number) => ({ kernelInitializer: tf.initializers.heNormal({ seed }) });

const ARCHITECTURES = {
  'a ReLU MLP, two classes': { classes: 2, shape: [16], make: (seed: number) => mlp('relu', 2, 3, seed) },
  'a tanh MLP, five classes': { classes: 5, shape: [16], make: (seed: number) => mlp('tanh', 5, 2, seed) },
  'a CNN with batch normalization, three classes': {
    classes: 3,
    shape: [6, 6, 1],
    make: (seed: number) =>
      tf.sequential({
        layers: [
          layers.conv2d({ inputShape: [6, 6, 1], filters: 8, kernelSize: 3, ...he(seed) }),
          layers.batchNormalization(),
          layers.activation({ activation: 'relu' }),
          layers.flatten(),
          layers.dense({ units: 3, activation: 'softmax', ...he(seed + 1) }),
        ],
      }),
  },
} as const;

function mlp(activation: 'relu' | 'tanh', classes: number, depth: number, seed: number): tf.Sequential {
  const hidden = Array.from({ length: depth }, (_, i) =>
    layers.dense({ units: 48, activation, ...he(seed + i), ...(i === 0 ? { inputShape: [16] } : {}) }),
  );
  return tf.sequential({
    layers: [...hidden, layers.dense({ units: classes, activation: 'softmax', ...he(seed + depth) })],
  });
}

/** What the relay makes of records of the training side: alerts, and the place that it derives. */
function relayed(records: readonly ShownRecord[]): { readonly alerts: AlertRecord[]; readonly places: number[] } {
  const alerts: AlertRecord[] = [];
  const places: number[] = [];
  const relay = new Relay({
    run: 'healthy',
    rules,
    derived: derivedMetrics.filter(({ id }) => id === 'initial-place'),
    keep: (kept) => {
      for (const record of kept) {
        if (record.kind !== 'measurement' || record.metric !== 'initial-place') continue;
        places.push(unpackValues(record.values, 3).data[0]!);
      }
    },
    publish: () => {},
    onAlert: (alert) => alerts.push(alert),
    trouble: (what, error) => expect.unreachable(`${what} ${error}`),
  });
  const packed = records.map((record) =>
    record.kind === 'measurement' ? { ...record, values: packValues(record.values) } : record,
  );
  relay.take(packed as Unnumbered[]);
  return { alerts, places };
}

test.each(Object.entries(ARCHITECTURES))(
  'none of 7 healthy runs of %s is warned of, and each has its place',
  async (_, { classes, shape, make }) => {
    const labels = Array.from({ length: 40 * classes }, (_, i) => i % classes);
    const xs = tf.randomNormal([labels.length, ...shape], 0.5, 1, 'float32', 7);
    const ys = tf.oneHot(tf.tensor1d(labels, 'int32'), classes);
    const places: number[] = [];
    for (let run = 0; run < 7; run++) {
      const model = make(100 * (run + 1));
      model.compile({ optimizer: tf.train.sgd(0.01), loss: 'categoricalCrossentropy' });
      const { monitor, records } = await recording(tf, model, { probe: { xs, ys }, survey: { maxSeconds: 600 } });
      tf.dispose((await model.trainOnBatch(xs, ys)) as never);
      await monitor.close();
      model.dispose();
      const told = relayed(records);
      expect(told.alerts.filter(({ body }) => body.level !== 'info')).toEqual([]);
      places.push(...told.places);
    }
    expect(places.length).toBe(7);
    // Anywhere from 0 to 1: not all at one end.
    expect([Math.min(...places) < 0.7, Math.max(...places) > 0.3]).toEqual([true, true]);
  },
);
