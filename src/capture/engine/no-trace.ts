/**
 * A forward pass in training mode of which nothing stays behind.
 *
 * - `cell.dropoutMask`, `cell.recurrentDropoutMask`: a recurrent cell makes them where there are none; one within stacked cells keeps them
 *   for good.
 * - `layer.randomGenerator.seed`: what a layer that augments draws next.
 */
import type { ModelLike, TfLike } from '../../tf.ts';
import { generator } from '../../theory/generator.ts';
import { withRandom } from '../seeded-random.ts';
import { withoutKept } from './confinement.ts';
import { layersWithin } from './copy.ts';
import { innerModel } from './model.ts';
import { withVariablesKept } from './repetition.ts';

/**
 * Runs `f`, which runs the layers of `model`, and leaves every variable (moving statistics too), the masks and seeds of its layers and
 * Math.random as they were, bit for bit, also when it throws. The same numbers are drawn each time. Run inside a tidy; `f` must not wait.
 */
export function withoutTrace<T>(tf: TfLike, model: ModelLike, f: () => T): T {
  const layers = layersWithin(innerModel(model).layers);
  return withRandom(generator(1), () => withFieldsKept(layers, () => withVariablesKept(tf, () => withoutKept(tf, f))));
}

const MASKS = ['dropoutMask', 'recurrentDropoutMask'];

type Fields = { [name: string]: unknown };

function withFieldsKept<T>(layers: readonly object[], f: () => T): T {
  const kept = (layers as Fields[]).flatMap((layer) => {
    const masks = MASKS.filter((name) => name in layer).map((name) => ({ of: layer, name, value: layer[name] }));
    const { randomGenerator } = layer as { randomGenerator?: Fields };
    return randomGenerator ? [...masks, { of: randomGenerator, name: 'seed', value: randomGenerator.seed }] : masks;
  });
  // Masks of the training are of its own batches.
  for (const { of, name } of kept) if (name !== 'seed') of[name] = null;
  try {
    return f();
  } finally {
    for (const { of, name, value } of kept) of[name] = value;
  }
}
