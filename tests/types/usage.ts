/** Every way to call classwatch, for the type checker alone: checked with tfjs and, copied, with tfjs-node-gpu. */
import * as tf from '@tensorflow/tfjs';
import {
  callbacks,
  classifierGeometry,
  classMetrics,
  initialGuesses,
  type Monitor,
  type Survey,
  survey,
  watch,
} from 'classwatch';

const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 3, activation: 'softmax' })] });
const xs = tf.zeros([6, 2]);
const ys = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32'), 3);
const probe = { xs, ys };
const mine: tf.CustomCallbackArgs = { onEpochEnd: async (epoch) => console.log(epoch) };

export async function fit(): Promise<void> {
  const monitor: Monitor = await watch(tf, model, { classNames: ['a', 'b', 'c'], probe });
  const url: string | null = monitor.url;
  await model.fit(xs, ys, { epochs: 2, callbacks: monitor.callbacks });
  await model.fit(xs, ys, { epochs: 2, callbacks: [mine, ...monitor.callbacks] });
  await model.fitDataset(tf.data.array([{ xs, ys }]), { epochs: 1, callbacks: monitor.callbacks });
  await model.trainOnBatch(xs, ys);
  monitor.log('learning rate', 0.1);
  await monitor.close({ keepServing: url !== null });
}

export async function oneLine(): Promise<void> {
  await model.fit(xs, ys, { callbacks: callbacks(tf, { probe }) });
  await model.fit(xs, ys, { callbacks: [mine, ...callbacks(tf, { probe })] });
  const onRecord = (record: { kind: string }) => console.log(record.kind);
  await model.fit(xs, ys, {
    callbacks: [...initialGuesses(tf, { probe, onRecord }), ...classMetrics(tf, { onRecord })],
  });
  await model.fit(xs, ys, { callbacks: classifierGeometry(tf, { groups: { tail: [2] }, onRecord }) });
}

export async function layersModels(functional: tf.LayersModel, sequential: tf.Sequential): Promise<void> {
  await watch(tf, functional, { output: 'digit', evalSets: { other: probe } });
  await watch(tf, sequential, { classCounts: [1, 2, 3], groups: { minority: ['a', 2] }, schedule: (_step) => true });
}

export async function handWritten(): Promise<void> {
  const optimizer: tf.Optimizer = tf.train.adam(0.001);
  const monitor = await watch(tf, model, { optimizer, outputs: 'logits', onAlert: (alert) => alert.body.message });
  optimizer.minimize(() => {
    const logits: tf.Tensor = monitor.observe(model.apply(xs, { training: true }) as tf.Tensor, ys);
    return tf.losses.softmaxCrossEntropy(ys, logits).asScalar();
  });
  const { grads } = tf.variableGrads(() =>
    tf.losses.softmaxCrossEntropy(ys, model.predict(xs) as tf.Tensor).asScalar(),
  );
  optimizer.applyGradients(grads);
  monitor.on('alert', (alert) => console.log(alert.body.level)).on('record', (record) => console.log(record.kind));
}

export async function withoutModel(weights: tf.Variable): Promise<Monitor> {
  const optimizer = tf.train.sgd(0.1);
  return watch(tf, { optimizer, numClasses: 3, predict: (inputs: tf.Tensor) => inputs.matMul(weights), probe });
}

export async function surveys(functional: tf.LayersModel, signal: AbortSignal): Promise<number | null> {
  const onProgress = (done: number, of: number) => console.log(done / of);
  const found: Survey = await survey(tf, model, xs, { inits: 4, seed: 2, onProgress, signal, maxSeconds: 5 });
  await survey(tf, functional, [xs, xs], { maxParameters: 5e6, batchSize: 64 });
  await survey(tf, () => tf.sequential({ layers: [tf.layers.dense({ inputShape: [2], units: 3 })] }), xs, {
    why: true,
  });
  return found.evaluation.place(0.4)?.low ?? found.evaluation.gamma;
}
