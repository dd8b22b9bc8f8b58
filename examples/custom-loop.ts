/**
 * A hand-written training loop under classwatch: it passes its optimizer to `watch` and shows predictions and labels
 * with `observe`. Optional argument: the number of steps.
 */
import { watch } from 'classwatch';
import { loadTensorFlow } from './backend.ts';
import { allTensors, batches } from './batches.ts';
import { loadDataSet } from './data/dataset.ts';
import { seeded } from './data/random.ts';

const steps = Number(process.argv[2] ?? 500);
const { tf, choice } = await loadTensorFlow();
console.log(choice);

const data = await loadDataSet({ folder: null, drawn: true, imbalance: 20, seed: 1 });
const classes = data.classNames.length;
const model = tf.sequential({
  layers: [
    tf.layers.dense({ inputShape: [28 * 28], units: 64, activation: 'relu' }),
    tf.layers.dense({ units: classes }),
  ],
});
const optimizer = tf.train.adam(0.001);

const monitor = await watch(tf, model, {
  optimizer,
  outputs: 'logits',
  classNames: data.classNames,
  probe: allTensors(tf, data.probe, classes),
});
console.log(`Dashboard: ${monitor.url}`);

let done = 0;
for (const { xs, ys } of batches(tf, data.train, classes, 64, seeded(1))) {
  optimizer.minimize(() => {
    const logits = monitor.observe(model.apply(xs, { training: true }) as ReturnType<typeof tf.tensor>, ys);
    return tf.losses.softmaxCrossEntropy(ys, logits).asScalar();
  });
  tf.dispose([xs, ys]);
  if (++done >= steps) break;
}
console.log(`Trained for ${done} steps.`);
await monitor.close();
