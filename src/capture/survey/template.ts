import type { ModelLike, TensorLike, TfLike } from '../../tf.ts';
import { generator } from '../../theory/generator.ts';
import { confined, withoutKept } from '../engine/confinement.ts';
import { builtLike, configOf, inputShapesOf, layersWithin, outputOf, takeWeights } from '../engine/copy.ts';
import { innerModel, variablesOf } from '../engine/model.ts';
import { layerFault } from '../engine/repetition.ts';
import { keepClone, operationsOf } from '../engine/tensors.ts';
import { quietly, withRandom } from '../seeded-random.ts';
import { type Config, reseeded } from './architecture.ts';
import type { Maker } from './initialisation.ts';

/** What copies of a model are made from. */
export interface Template {
  readonly like: ModelLike;
  readonly config: Config;
}

/** Inputs on which a copy is compared with its model. */
const COMPARED = 4;

/**
 * The configuration of a model, if copies can be made from it: built from it, with the weights of the model, a copy gives the same outputs.
 * (A layer of the user's may keep something to itself that its configuration doesn't tell.) Else a sentence's end that says why not. The
 * model is only read, and not run where its layers keep states or call hooks.
 */
export async function templateOf(
  tf: TfLike,
  original: () => ModelLike,
  xs: readonly TensorLike[],
): Promise<Template | string> {
  const compared: TensorLike[] = [];
  const random = generator(0);
  const made = withRandom(random, () =>
    confined(tf, () => {
      const like = original();
      try {
        const config = configOf(like);
        const outputs = outputsOfBoth(
          tf,
          like,
          quietly(() => copyMaker({ like, config })(random)),
          xs,
        );
        if (typeof outputs === 'string') return outputs;
        compared.push(...outputs.map((tensor) => keepClone(tf, tensor)));
        return { like, config };
      } catch (error) {
        return refusalOf(error, like);
      }
    }),
  );
  try {
    const [a, b] = await Promise.all(compared.map((tensor) => tensor.data()));
    const agrees = a === undefined || b === undefined || isClose(a, b);
    return agrees ? made : 'a copy of it with the same weights gives other outputs';
  } finally {
    for (const tensor of compared) tensor.dispose();
  }
}

/** tfjs answers a class that it does not know with advice for models that come from Python. */
const UNKNOWN = /^Unknown (\w+): (.+?)\. This may be due to/;

function refusalOf(error: unknown, like: ModelLike): string {
  const told = error instanceof Error ? error.message : String(error);
  const [, kind, name] = UNKNOWN.exec(told) ?? [];
  if (name === undefined) return told;
  const layers = layersWithin(innerModel(like).layers) as { readonly name?: string; getClassName?(): string }[];
  const found = layers.find((layer) => kind === 'layer' && layer.getClassName?.() === name);
  const of = found === undefined ? `the class of one of its ${kind}s` : `the class of its layer "${found.name}"`;
  return `${name}, ${of}, is unknown to tfjs until tf.serialization.registerClass(${name}) is called`;
}

/** Makes copies with new seeds; `config` may be another than the model's own. */
export function copyMaker({ like, config }: Template): Maker {
  return (random) => builtLike(like, reseeded(config, random));
}

/** Empty where the model must not be run. */
function outputsOfBoth(tf: TfLike, like: ModelLike, copy: ModelLike, xs: readonly TensorLike[]): TensorLike[] | string {
  const shapes = (model: ModelLike) => JSON.stringify((variablesOf(model) as TensorLike[]).map(({ shape }) => shape));
  if (shapes(like) !== shapes(copy)) return 'a copy of it has weights of other shapes';
  if (layerFault(innerModel(like).layers) !== null) return [];
  takeWeights(copy, like);
  const { slice } = operationsOf(tf);
  const few = inputShapesOf(like)[0]?.[0] ?? Math.min(COMPARED, xs[0]!.shape[0]!);
  const first = xs.map((x) =>
    slice(
      x,
      x.shape.map(() => 0),
      [few, ...x.shape.slice(1)],
    ),
  );
  return withoutKept(tf, () => [like, copy].map((model) => outputOf(model, first, false)));
}

function isClose(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  let [off, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    // What is no number in both is the same.
    if (!Number.isNaN(a[i]!) || !Number.isNaN(b[i]!)) off = Math.max(off, Math.abs(a[i]! - b[i]!) || 0);
    size = Math.max(size, Math.abs(a[i]!) || 0);
  }
  return off <= 1e-4 * size;
}
