import { beforeEach, expect, test } from 'vitest';
import { callbacks, classGradients } from '../../../src/index.ts';
import type { ShownRecord } from '../../../src/journal.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, net, weightsOf } from '../../support/toys.ts';

beforeEach(async () => {
  await wasm();
});

test.each(['wasm', 'cpu'])(
  'of two monitors on one model the first measures class gradients, on %s',
  async (backend) => {
    await tf.setBackend(backend);
    const { xs, ys } = blobs([12, 8, 4]);
    const records: ShownRecord[][] = [[], []];
    const norms = (at: number) =>
      records[at]!.flatMap((record) =>
        record.kind === 'measurement' && record.metric === 'class-grad-norm' ? [record.values] : [],
      );
    const [watched, plain] = [net(3), net(3)];
    for (const model of [watched, plain]) {
      model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    }
    const options = { epochs: 3, batchSize: 12, shuffle: false, verbose: 0 } as const;
    const both = [
      ...classGradients(tf, { budget: 1, onRecord: (record) => records[0]!.push(record) }),
      ...callbacks(tf, { budget: 1, onRecord: (record) => records[1]!.push(record) }),
    ];
    await watched.fit(xs, ys, { ...options, callbacks: both });
    await plain.fit(xs, ys, options);
    expect(weightsOf(watched)).toEqual(weightsOf(plain));
    expect(norms(0)).toHaveLength(6);
    expect(norms(1)).toHaveLength(0);

    // Each alone sees the same.
    const alone = net(3);
    alone.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
    await alone.fit(xs, ys, {
      ...options,
      callbacks: classGradients(tf, { budget: 1, onRecord: (record) => records[1]!.push(record) }),
    });
    expect(norms(1)).toEqual(norms(0));
  },
);
