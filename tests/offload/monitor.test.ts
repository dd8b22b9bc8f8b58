import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import type { Offload, OffloadedPass } from '../../src/capture/gradients/offload.ts';
import { OffloadThread } from '../../src/offload/thread.ts';
import type { WatchOptions } from '../../src/options.ts';
import { accelerateTraining } from '../../src/wasm/index.ts';
import { type Seen, watched } from '../support/class-gradients-of.ts';
import { caughtUp, kill, makePatient, OFFLOAD_WORKER, RELAY_WORKER } from '../support/offload.ts';
import { folder } from '../support/script.ts';
import { tf, wasm } from '../support/tensorflow.ts';
import { type Blobs, blobs, weightsOf } from '../support/toys.ts';

const OFFLOAD: WatchOptions = { offload: true, workerUrl: RELAY_WORKER };
const COUNTS = [50, 30, 16];
const BATCH = 96;

let begin: MockInstance<Offload['begin']>;
let warn: MockInstance<typeof console.warn>;
const threads: OffloadThread[] = [];
let isPatient = true;
beforeAll(async () => {
  await wasm();
  const kernels = accelerateTraining(tf);
  return () => kernels.restore();
});
beforeEach(() => {
  begin = vi.spyOn(OffloadThread.prototype, 'begin');
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  isPatient = true;
  const open = OffloadThread.open.bind(OffloadThread);
  vi.spyOn(OffloadThread, 'open').mockImplementation(async (...given) => {
    const thread = await open(...given);
    if (thread !== null) threads.push(thread);
    if (thread !== null && isPatient) makePatient(thread);
    return thread;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(threads.splice(0).map((thread) => thread.close()));
});

/** Passes of which something was handed over. */
const handedOver = () => begin.mock.results.filter(({ value }) => value !== null).length;
const thread = () => begin.mock.contexts[0] as OffloadThread | undefined;
const sentences = () => warn.mock.calls.map(([sentence]) => sentence as string);

function mlp(widths: readonly number[], optimizer: tf.Optimizer = tf.train.adam(0.01)): tf.Sequential {
  const model = tf.sequential();
  [...widths, COUNTS.length].slice(1).forEach((units, i, { length }) => {
    const kernelInitializer = tf.initializers.heNormal({ seed: i + 1 });
    const activation = i === length - 1 ? 'softmax' : 'relu';
    model.add(tf.layers.dense({ name: `layer${i}`, units, activation, kernelInitializer, inputShape: [widths[i]!] }));
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  return model;
}

const WIDTHS = [300, 200];
/** Of the first passes all is computed here: their self-check does not wait. */
const CHECKED = 2;

async function train({ xs, ys }: Blobs, steps: number, models: readonly tf.LayersModel[]): Promise<void> {
  for (let step = 0; step < steps; step++) for (const model of models) await model.trainOnBatch(xs, ys);
}

/** The same, each step after the thread has caught up: every pass finds a free slot, unless slots are lost. */
async function trainSlowly(batch: Blobs, steps: number, model: tf.LayersModel): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await caughtUp(thread());
    await train(batch, 1, [model]);
  }
}

/** Steps of a metric, in the order of its records. */
const stepsOf = ({ recording }: Seen, name: string) => recording.of(name).map(({ step }) => step);
const upTo = (steps: number) => Array.from({ length: steps }, (_, i) => i);

/** What was seen at the steps that both measured: the budget may leave out others. */
function compare(seen: Seen, inline: Seen): number {
  // What was dominant before goes by the measured step before.
  const isSame = seen.steps.map(({ step }) => step).join() === inline.steps.map(({ step }) => step).join();
  const shown = ({ gradients, update }: Seen['steps'][number]) => {
    return { ...gradients, update, previousDominant: isSame && gradients.previousDominant };
  };
  const expected = new Map(inline.steps.map((one) => [one.step, shown(one)]));
  const common = seen.steps.filter(({ step }) => expected.has(step));
  for (const one of common) {
    const wanted = expected.get(one.step)!;
    const { update } = wanted;
    // The first pass that the other thread takes part in is checked, and has the norm of the gradient by another way.
    const isChecked = one.step === CHECKED && update !== null;
    const norm = isChecked ? { update: { ...update, gradientNorm: expect.closeTo(update.gradientNorm!, 5) } } : {};
    expect(shown(one)).toEqual({ ...wanted, ...norm });
  }
  return common.length;
}

test('figures are those of the training thread bit for bit, whatever the shapes, and training goes as without', async () => {
  const width = fc.integer({ min: 230, max: 420 });
  await fc.assert(
    fc.asyncProperty(fc.array(width, { minLength: 2, maxLength: 4 }), fc.integer(), async (widths, seed) => {
      const batch = blobs(COUNTS, widths[0]!, seed);
      const [offloaded, inline, plain] = [mlp(widths), mlp(widths), mlp(widths)];
      const schedule = (step: number) => step % 5 === 0;
      const [seen, expected] = [
        await watched(offloaded, { ...OFFLOAD, schedule }),
        await watched(inline, { schedule }),
      ];
      begin.mockClear();
      await train(batch, 12, [offloaded, inline, plain]);
      await seen.recording.monitor.close();
      await expected.recording.monitor.close();
      expect(handedOver()).toBeGreaterThan(3);
      expect(compare(seen, expected)).toBeGreaterThan(6);
      expect(weightsOf(offloaded)).toEqual(weightsOf(plain));
      tf.dispose([batch.xs, batch.ys]);
      for (const model of [offloaded, inline, plain]) model.dispose();
    }),
    { numRuns: 6 },
  );
  expect(sentences()).toEqual([]);
});

/** A bias for each channel of what a dense layer has put out: its gradient sums up the same data as the layer's, in other rows. */
class ChannelBias extends tf.layers.Layer {
  static readonly className = 'ChannelBias';
  private bias!: tf.LayerVariable;

  override build(shape: tf.Shape | tf.Shape[]): void {
    this.bias = this.addWeight('bias', [(shape as number[]).at(-1)!], 'float32', tf.initializers.zeros());
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.add([inputs].flat()[0]!, this.bias.read());
  }

  override computeOutputShape(shape: tf.Shape | tf.Shape[]): tf.Shape | tf.Shape[] {
    return shape;
  }
}

test('a bias over the channels of a dense layer is none of its outputs', async () => {
  const make = () => {
    const { dense, reshape, flatten, activation } = tf.layers;
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 4 });
    const model = tf.sequential({
      layers: [
        dense({ name: 'wide', units: 1024, useBias: false, inputShape: [64], kernelInitializer }),
        reshape({ targetShape: [64, 16] }),
        new ChannelBias({ name: 'channels' }),
        flatten(),
        activation({ activation: 'tanh' }),
        dense({ name: 'last', units: COUNTS.length, activation: 'softmax', kernelInitializer }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    return model;
  };
  // So large that sums of pixels wait for a kernel that goes through them.
  const batch = blobs(
    COUNTS.map((count) => Math.ceil((count * 512) / COUNTS.reduce((a, b) => a + b, 0))),
    64,
  );
  const [offloaded, inline] = [make(), make()];
  const schedule = (step: number) => step === 0;
  const seen = await watched(offloaded, { ...OFFLOAD, schedule });
  const expected = await watched(inline, { schedule });
  begin.mockClear();
  for (let step = 0; step < 8; step++) {
    await train(batch, 1, [offloaded, inline]);
    await caughtUp(thread());
  }
  await seen.recording.monitor.close();
  await expected.recording.monitor.close();
  expect(handedOver()).toBeGreaterThan(3);
  expect(compare(seen, expected)).toBeGreaterThan(5);
});

test('records keep the order of training where steps are computed here and there', async () => {
  const model = mlp(WIDTHS);
  const batch = blobs(COUNTS, WIDTHS[0]!);
  // Too few examples to be worth a hand-over.
  const small = blobs([6, 5, 5], WIDTHS[0]!);
  const probe = { xs: batch.xs, ys: batch.ys };
  const seen = await watched(model, { ...OFFLOAD, probe, schedule: (step) => step % 3 === 0 });
  for (let i = 0; i < 10; i++) {
    await train(batch, 2, [model]);
    await train(small, 1, [model]);
    await caughtUp(thread());
  }
  await seen.recording.monitor.close();
  // One in three, less one that is checked: steps on schedule and small batches are computed here.
  expect(handedOver()).toBe(9);
  expect(stepsOf(seen, 'train/loss')).toEqual(upTo(30));
  const measured = seen.recording.records.filter(({ kind, stream }) => kind === 'measurement' && stream !== 'monitor');
  const steps = measured.map(({ step }) => step);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
  // A probe is measured before the update of its step, and so are its records.
  const at = (stream: string) => measured.findIndex((record) => record.stream === stream && record.step === 6);
  expect(at('probe')).toBeLessThan(at('train'));
});

/** A loop that never yields; `weight` makes class products large enough to be handed over. */
function looped(optimizer: tf.Optimizer, { xs, ys }: Blobs, before: (x: tf.Tensor) => tf.Tensor = (x) => x) {
  const weights = [tf.variable(tf.randomNormal([300, 400], 0, 0.05, 'float32', 1))];
  weights.push(tf.variable(tf.randomNormal([400, 3], 0, 0.05, 'float32', 2)));
  const step = ({ recording: { monitor } }: Seen) => {
    const loss = () => {
      const hidden = tf.relu(tf.matMul(before(tf.matMul(xs, weights[0]!)), tf.ones([400, 400]).mul(0.01)));
      const logits = tf.matMul(hidden, weights[1]!);
      return tf.losses.softmaxCrossEntropy(ys, monitor.observe(logits, ys)) as tf.Scalar;
    };
    optimizer.minimize(loss, false, weights as tf.Variable[]);
  };
  return { step, weights };
}

const LOOP: WatchOptions = { ...OFFLOAD, numClasses: 3, outputs: 'logits' };

test('a loop that never yields gets the records of the steps before, and the others when it ends', async () => {
  const optimizer = tf.train.sgd(0.01);
  const { step } = looped(optimizer, blobs(COUNTS, 300));
  const seen = await watched(null, { ...LOOP, optimizer });
  const start = performance.now();
  let steps = 0;
  const isEnough = () => seen.steps.length >= 20 && handedOver() > 10;
  for (; !isEnough() && performance.now() - start < 20_000; steps++) step(seen);
  expect(isEnough()).toBe(true);
  expect(stepsOf(seen, 'train/loss')).toEqual(upTo(stepsOf(seen, 'train/loss').length));
  await seen.recording.monitor.flush();
  expect(stepsOf(seen, 'train/loss')).toEqual(upTo(steps));
  await seen.recording.monitor.close();
});

test('where training pauses, the last step is recorded without being asked for', async () => {
  const model = mlp(WIDTHS);
  const batch = blobs(COUNTS, WIDTHS[0]!);
  const seen = await watched(model, OFFLOAD);
  await train(batch, 6, [model]);
  await vi.waitFor(() => expect(stepsOf(seen, 'train/loss')).toEqual(upTo(6)), { timeout: 20_000 });
  expect(handedOver()).toBeGreaterThan(2);
  await seen.recording.monitor.close();
});

/** The URL of a relay worker next to a worker for class products of our own making. */
function other(code: string): URL {
  const place = folder();
  writeFileSync(join(place, 'package.json'), '{"type":"module"}');
  writeFileSync(join(place, 'offload.js'), code);
  return pathToFileURL(join(place, 'worker.js'));
}

test('while all slots wait, steps are computed here: nothing is lost or out of order', async () => {
  const awake = join(folder(), 'awake');
  // Started, as far as the training thread can tell, and asleep before it looks for work.
  const sleepy = `
    import { existsSync } from 'node:fs';
    import { parentPort } from 'node:worker_threads';
    parentPort.postMessage('ready');
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(${JSON.stringify(awake)})) Atomics.wait(nothing, 0, 0, 1);
    await import('${OFFLOAD_WORKER.href}');
  `;
  const batch = blobs(COUNTS, WIDTHS[0]!);
  const [offloaded, inline] = [mlp(WIDTHS), mlp(WIDTHS)];
  const seen = await watched(offloaded, { ...OFFLOAD, workerUrl: other(sleepy) });
  const expected = await watched(inline);
  await train(batch, CHECKED + 6, [offloaded]);
  expect(begin.mock.results.map(({ value }) => value !== null)).toEqual([true, true, true, true, false, false]);
  writeFileSync(awake, '');
  await vi.waitFor(() => expect(stepsOf(seen, 'train/loss')).toEqual(upTo(CHECKED + 6)), { timeout: 20_000 });
  await trainSlowly(batch, 19 - CHECKED, offloaded);
  await train(batch, 25, [inline]);
  await seen.recording.monitor.close();
  await expected.recording.monitor.close();
  expect(handedOver()).toBe(23 - CHECKED);
  expect(stepsOf(seen, 'train/loss')).toEqual(upTo(25));
  expect(compare(seen, expected)).toBe(25);
  expect(sentences()).toEqual([]);
});

describe('a thread that is gone', () => {
  test.each([
    [
      'died',
      (thread: OffloadThread) => kill(thread),
      undefined,
      /^classwatch: The thread for class gradients is gone \(it ended/,
    ],
    [
      'hangs',
      async () => {},
      "import { parentPort } from 'node:worker_threads'; parentPort.postMessage('ready'); for (;;);",
      /^classwatch: The thread for class gradients is gone \(it has not answered for/,
    ],
  ] as const)(
    'because it %s: all figures are computed here, one sentence, nothing is lost',
    async (_, end, code, sentence) => {
      isPatient = false;
      const batch = blobs(COUNTS, WIDTHS[0]!);
      const [offloaded, inline] = [mlp(WIDTHS), mlp(WIDTHS)];
      const workerUrl = code === undefined ? RELAY_WORKER : other(code);
      const seen = await watched(offloaded, { ...OFFLOAD, workerUrl });
      const expected = await watched(inline);
      await train(batch, 6, [offloaded, inline]);
      await end(thread()!);
      await train(batch, 6, [offloaded, inline]);
      await seen.recording.monitor.flush();
      expect(handedOver()).toBeGreaterThan(2);
      begin.mockClear();
      await train(batch, 6, [offloaded, inline]);
      await seen.recording.monitor.close();
      await expected.recording.monitor.close();
      expect(handedOver()).toBe(0);
      expect(stepsOf(seen, 'train/loss')).toEqual(upTo(18));
      expect(compare(seen, expected)).toBeGreaterThan(10);
      expect(weightsOf(offloaded)).toEqual(weightsOf(inline));
      expect(sentences()).toEqual([expect.stringMatching(sentence)]);
    },
  );

  test('from the start: one sentence, and all is measured', async () => {
    const model = mlp(WIDTHS);
    const seen = await watched(model, { ...OFFLOAD, workerUrl: new URL('file:///nowhere/worker.js') });
    await train(blobs(COUNTS, WIDTHS[0]!), 4, [model]);
    await seen.recording.monitor.close();
    expect(stepsOf(seen, 'train/loss')).toEqual(upTo(4));
    expect(sentences()).toEqual([
      expect.stringMatching(/^classwatch: Expected the worker for class gradients at file:/),
    ]);
  });
});

describe('a fault in what is handed over', () => {
  const DISTRUST =
    /^classwatch: What the other thread makes of the class gradients does not add up to the gradient: from now on they/;

  /** Loses half of the examples of every layer, from the given hand-over on. */
  function losing(from: number): void {
    const right = OffloadThread.prototype.begin;
    begin.mockRestore();
    let passes = 0;
    begin = vi.spyOn(OffloadThread.prototype, 'begin').mockImplementation(function (this: OffloadThread, ...given) {
      const pass = right.apply(this, given);
      if (pass === null || passes++ < from) return pass;
      const product: OffloadedPass['product'] = (piece, x, d, din, dout) =>
        pass.product(piece, x, d.slice().fill(0, d.length / 2), din, dout);
      return { ...pass, product };
    });
  }

  test.each([
    ['from the start', 0, 2],
    ['later', 5, 500],
  ])('that is there %s is found by the check, said, and not shown; all weights stay measured', async (_, from, at) => {
    losing(from);
    const batch = blobs(COUNTS, WIDTHS[0]!);
    const make = () => mlp(WIDTHS, tf.train.sgd(1e-3));
    const [offloaded, inline] = [make(), make()];
    const [seen, expected] = [await watched(offloaded, OFFLOAD), await watched(inline)];
    for (let step = 0; step < at + 8; step++) {
      await caughtUp(thread());
      await train(batch, 1, [offloaded, inline]);
      if (step === at + 3) begin.mockClear();
    }
    expect(handedOver()).toBe(0);
    expect(seen.recording.monitor.coverage).toBe(1);
    await seen.recording.monitor.close();
    await expected.recording.monitor.close();
    expect(sentences()).toEqual([expect.stringMatching(DISTRUST)]);
    expect(stepsOf(seen, 'train/loss')).toEqual(upTo(at + 8));
    const measured = seen.steps.map(({ step }) => step);
    expect(measured).not.toContain(at);
    expect(measured).toEqual(expect.arrayContaining([0, 1, at + 6, at + 7]));
    // Wrong before it was found; after it, what is checked again has the norm of the gradient by another way.
    const isOther = (step: number) => step >= CHECKED + from && step <= at + CHECKED + 2;
    const steps = seen.steps.filter(({ step }) => !isOther(step));
    expect(compare({ ...seen, steps }, expected)).toBeGreaterThan(4);
    expect(weightsOf(offloaded)).toEqual(weightsOf(inline));
  });
});

describe('slots are given back', () => {
  /** Every slot is free again: as many passes as there are slots can begin. */
  function expectFree(): void {
    expect(sentences()).toEqual([]);
    const passes = Array.from({ length: 4 }, () => thread()!.begin(new Int32Array(BATCH), 1));
    for (const pass of passes) pass?.abandon();
    expect(passes).not.toContain(null);
  }

  test('when the backward pass throws halfway', async () => {
    const optimizer = tf.train.sgd(0.01);
    let fails = false;
    const fragile = tf.customGrad((x) => {
      const gradFunc = (dy: tf.Tensor) => {
        if (fails) throw new Error('no gradient today');
        return dy;
      };
      return { value: (x as tf.Tensor).clone(), gradFunc: gradFunc as never };
    });
    // The product of the second weight, which comes first, is large enough.
    const { xs, ys } = blobs(COUNTS, 300);
    const weights = [
      tf.variable(tf.randomNormal([300, 400], 0, 0.05)),
      tf.variable(tf.randomNormal([400, 300], 0, 0.05)),
    ];
    const last = tf.randomNormal([300, 3], 0, 0.05);
    const seen = await watched(null, { ...LOOP, optimizer });
    const step = () =>
      optimizer.minimize(
        () => {
          const hidden = tf.relu(tf.matMul(fragile(tf.matMul(xs, weights[0]!)), weights[1]!));
          return tf.losses.softmaxCrossEntropy(
            ys,
            seen.recording.monitor.observe(tf.matMul(hidden, last), ys),
          ) as tf.Scalar;
        },
        false,
        weights as tf.Variable[],
      );
    for (let i = 0; i < 18; i++) {
      fails = i >= 4 && i < 14;
      if (fails) expect(step).toThrow('no gradient today');
      else step();
      await caughtUp(thread());
    }
    await seen.recording.monitor.flush();
    expect(handedOver()).toBe(18 - CHECKED);
    expect(stepsOf(seen, 'train/loss')).toEqual(upTo(8));
    expectFree();
    await seen.recording.monitor.close();
  });

  test('when the update throws', async () => {
    class Stubborn extends tf.SGDOptimizer {
      refuses = false;
      override applyGradients(gradients: never): void {
        if (this.refuses) throw new Error('no update today');
        super.applyGradients(gradients);
      }
    }
    const optimizer = new Stubborn(0.01);
    const { step } = looped(optimizer, blobs(COUNTS, 300));
    const seen = await watched(null, { ...LOOP, optimizer });
    for (let i = 0; i < 18; i++) {
      optimizer.refuses = i >= 4 && i < 14;
      if (optimizer.refuses) expect(() => step(seen)).toThrow('no update today');
      else step(seen);
      await caughtUp(thread());
    }
    await seen.recording.monitor.flush();
    expect(handedOver()).toBe(18 - CHECKED);
    expect(stepsOf(seen, 'train/loss')).toEqual(upTo(8));
    expectFree();
    await seen.recording.monitor.close();
  });

  test('when a step turns out to have several passes', async () => {
    const optimizer = tf.train.sgd(0.01);
    const { xs, ys } = blobs(COUNTS, 300);
    const weight = tf.variable(tf.randomNormal([300, 400], 0, 0.05));
    const last = tf.randomNormal([400, 3], 0, 0.05);
    const seen = await watched(null, { ...LOOP, optimizer });
    const pass = () =>
      tf.variableGrads(
        () => {
          const logits = tf.matMul(tf.relu(tf.matMul(xs, weight)), last);
          return tf.losses.softmaxCrossEntropy(ys, seen.recording.monitor.observe(logits, ys)) as tf.Scalar;
        },
        [weight] as tf.Variable[],
      ).grads;
    // That a step has two passes is not known at the first; for a while after it every step is taken for such a one.
    for (let i = 0; i < 50; i++) {
      const passes = i % 20 === 5 ? 2 : 1;
      for (let n = 1; n <= passes; n++) {
        const gradients = pass();
        if (n === passes) optimizer.applyGradients(gradients);
        tf.dispose(gradients);
      }
      await caughtUp(thread());
    }
    await seen.recording.monitor.flush();
    expect(handedOver()).toBeGreaterThan(5);
    expect(stepsOf(seen, 'train/loss')).toEqual(upTo(50));
    expectFree();
    await seen.recording.monitor.close();
  });
});

test('nothing is left behind: no tensor, no memory of the backend, no worker', async () => {
  const model = mlp(WIDTHS);
  const batch = blobs(COUNTS, WIDTHS[0]!);
  const seen = await watched(model, OFFLOAD);
  await trainSlowly(batch, 10, model);
  const memory = () => (tf.backend() as unknown as { wasm: { asm: { memory: WebAssembly.Memory } } }).wasm.asm.memory;
  const [tensors, bytes] = [tf.memory().numTensors, memory().buffer.byteLength];
  await trainSlowly(batch, 200, model);
  expect([tf.memory().numTensors, memory().buffer.byteLength]).toEqual([tensors, bytes]);
  await seen.recording.monitor.close();
  expect(handedOver()).toBe(210 - CHECKED);
  const { worker } = thread() as unknown as { worker: { threadId: number } };
  expect(worker.threadId).toBe(-1);
});

describe('no thread is started', () => {
  test.each([
    ['unless it is asked for', { workerUrl: RELAY_WORKER }],
    ['where no class gradients are measured', { ...OFFLOAD, mode: 'disabled' as const }],
  ])('%s', async (_, options) => {
    const open = vi.spyOn(OffloadThread, 'open');
    const { recording } = await watched(mlp(WIDTHS), options);
    await recording.monitor.close();
    expect(open).not.toHaveBeenCalled();
  });

  test('on another backend, silently', async () => {
    const open = vi.spyOn(OffloadThread, 'open');
    await tf.setBackend('cpu');
    try {
      const model = mlp([20, 10]);
      const seen = await watched(model, OFFLOAD);
      const { xs, ys } = blobs(COUNTS, 20);
      await model.trainOnBatch(xs, ys);
      await seen.recording.monitor.close();
      expect([seen.steps.length, open.mock.calls.length]).toEqual([1, 0]);
    } finally {
      await tf.setBackend('wasm');
    }
    expect(sentences().filter((sentence) => sentence.startsWith('classwatch'))).toEqual([]);
  });
});
