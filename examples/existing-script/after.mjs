// A small training script as it may already lie on your disk: is a machine running well, worn, or about to break?
import * as tf from '@tensorflow/tfjs'; // or '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'
import { watch } from 'classwatch';

const states = ['well', 'worn', 'breaking'];

/**
 * Temperature and vibration of machines, and their states.
 * @param {number[]} counts How many machines there are in each state.
 */
function measure(counts) {
  const labels = states.flatMap((_, state) => Array(counts[state]).fill(state));
  const centres = tf.tensor2d(labels.map((state) => [1.5 * state, 1.5 * (state % 2)]));
  const xs = centres.add(tf.randomNormal(centres.shape));
  return { xs, ys: tf.oneHot(tf.tensor1d(labels, 'int32'), states.length) };
}

const train = measure([400, 80, 20]); // as in real life, most machines run well
const test = measure([100, 100, 100]);

const model = tf.sequential();
model.add(tf.layers.dense({ inputShape: [2], units: 16, activation: 'relu' }));
model.add(tf.layers.dense({ units: states.length, activation: 'softmax' }));
model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });

const monitor = await watch(tf, model, { classNames: states, probe: test });
console.log(monitor.url);
const { history } = await model.fit(train.xs, train.ys, {
  epochs: 20,
  batchSize: 32,
  callbacks: monitor.callbacks,
  validationData: [test.xs, test.ys],
});

console.log(`Accuracy: ${history.acc.at(-1)} in training, ${history.val_acc.at(-1)} on the test set`);
await monitor.close();
