/** Trains an image classifier on an imbalanced data set and shows, live, what every class does. `npm start` runs it. */
import { UsageError, watch } from 'classwatch';
import { loadTensorFlow, type TensorFlow } from './backend.ts';
import { allTensors, batches } from './batches.ts';
import { BadInput } from './data/bad-input.ts';
import { loadDataSet } from './data/dataset.ts';
import { countClasses, type Images, imageSize } from './data/images.ts';
import { seeded } from './data/random.ts';
import { stopAtInterrupt } from './interrupt.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { checkWritable, countHits, recallTable, save } from './outcome.ts';
import { progress } from './progress.ts';

/** Without --epochs training takes about this many steps: a minute or two on two cores with wasm. */
const STEPS = 1500;

async function main(options: Options): Promise<void> {
  if (options.save) checkWritable(options.save);
  const data = await loadDataSet({ ...options, folder: options.data });
  const { tf, choice } = await loadTensorFlow();
  const { classNames, train } = data;
  const classes = classNames.length;
  const classCounts = countClasses(train.labels, classes);
  console.log(data.origin);
  console.log(choice);
  console.log(`Classes: ${classNames.map((name, c) => `${name} (${classCounts[c]})`).join(', ')}.`);

  const stepsPerEpoch = Math.ceil(train.labels.length / options.batchSize);
  const epochs = options.epochs ?? Math.ceil(STEPS / stepsPerEpoch);
  const model = buildModel(tf, train, classes, options.seed);
  const probe = allTensors(tf, data.probe, classes);

  const monitor = await watch(tf, model, {
    name: `${data.name}, imbalance ${options.imbalance}, seed ${options.seed}`,
    classNames,
    classCounts,
    probe,
    config: { ...options, epochs },
  });
  const stop = stopAtInterrupt(model);
  if (monitor.url) console.log(`Dashboard: ${monitor.url}`);

  const random = seeded(options.seed);
  await model.fitDataset(
    tf.data.generator(() => batches(tf, train, classes, options.batchSize, random)),
    {
      epochs,
      batchesPerEpoch: stepsPerEpoch,
      verbose: 0,
      callbacks: [progress(epochs * stepsPerEpoch, stepsPerEpoch), stop, ...monitor.callbacks],
    },
  );

  console.log(recallTable(data, countHits(model, probe.xs, data)));
  if (options.save) save(options.save, model, data);
  const keepServing = !options.once && !model.stopTraining;
  if (keepServing) console.log(`Training has ended; the dashboard stays up until Ctrl-C: ${monitor.url}`);
  await monitor.close({ keepServing, status: model.stopTraining ? 'stopped' : 'finished' });
}

/**
 * Two convolutions with batch normalization, started with seeded weights. Plain gradient descent on purpose: it shows for
 * longest how the rare classes lag behind; an adaptive optimizer would hurry them along.
 */
function buildModel(tf: TensorFlow, images: Images, classes: number, seed: number) {
  const { heNormal, glorotUniform } = tf.initializers;
  const model = tf.sequential();
  model.add(tf.layers.reshape({ inputShape: [imageSize(images)], targetShape: [...images.shape] }));
  for (const [block, filters] of [16, 32].entries()) {
    const kernelInitializer = heNormal({ seed: seed + block });
    // The shift of the normalization takes the place of a bias.
    model.add(tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false, kernelInitializer }));
    model.add(tf.layers.batchNormalization());
    model.add(tf.layers.activation({ activation: 'relu' }));
    model.add(tf.layers.maxPooling2d({ poolSize: 2, padding: 'same' }));
  }
  model.add(tf.layers.flatten());
  model.add(
    tf.layers.dense({ units: classes, activation: 'softmax', kernelInitializer: glorotUniform({ seed: seed + 2 }) }),
  );
  model.compile({ optimizer: tf.train.sgd(0.02), loss: 'categoricalCrossentropy' });
  return model;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await main(options);
} catch (error) {
  if (!(error instanceof BadInput || error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
