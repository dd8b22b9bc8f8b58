/** A training with class gradients within their budget against one without, block by block in turn; in Node or in a page. */
import * as tf from '@tensorflow/tfjs';
import { callbacks, classGradients } from 'classwatch';
import { type Estimate, estimate } from './pairs.js';
import { batchOf, StepCount, step } from './training.js';

export interface BlockCase {
  readonly make: () => tf.LayersModel;
  /** The number of examples first. */
  readonly input: readonly number[];
  readonly classes: number;
  /** Everything that is measured, and not class gradients alone. */
  readonly all?: boolean;
}

export interface BlockSizes {
  /** Steps in which the budget finds out what a measurement costs. */
  readonly warmUp: number;
  readonly blocks: number;
}

export interface Blocks {
  /** Median step without the monitor, in milliseconds. */
  readonly off: number;
  /** Median of the ratios of neighbouring blocks, each long enough for a few measurements. */
  readonly ratio: Estimate;
  /** Time of all blocks with over time of all blocks without. */
  readonly whole: number;
  /** Median step with over median step without: most are not measured, so what is paid at every step. */
  readonly everyStep: number;
  /** As `whole`, of the warm-up. */
  readonly warmUp: number;
  readonly steps: number;
  /** Steps to one that was measured, in the blocks. */
  readonly interval: number;
}

/** Few enough for the drift of a machine, many enough for the clock of a page. */
const MIN_BLOCK = 20;
const MAX_BLOCK = 100;

/** The backend is the current one. */
export async function compareBlocks(
  { make, input, classes, all = false }: BlockCase,
  sizes: BlockSizes,
): Promise<Blocks> {
  const batch = batchOf(input, classes);
  const [off, on] = [make(), make()];
  for (const model of [off, on]) model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });
  const count = new StepCount();
  const suite = all ? callbacks : classGradients;
  const [callback] = suite(tf, { metrics: [count.metric], onRecord: () => {} });
  callback!.setParams({});
  callback!.setModel(on);
  await callback!.onTrainBegin();
  const took = async (model: tf.LayersModel, steps: number, each: number[]) => {
    let sum = 0;
    for (let n = 0; n < steps; n++) {
      each.push(await step(model, batch));
      sum += each.at(-1)!;
    }
    return sum;
  };
  /** Time without and with the monitor, of each block. */
  const inTurn = async (blocks: number, steps: number) => {
    const [offs, ons]: [number[], number[]] = [[], []];
    const each: { off: number[]; on: number[] } = { off: [], on: [] };
    for (let block = 0; block < blocks; block++) {
      const first = block % 2 === 0;
      if (first) offs.push(await took(off, steps, each.off));
      ons.push(await took(on, steps, each.on));
      if (!first) offs.push(await took(off, steps, each.off));
    }
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    return { ratios: ons.map((value, i) => value / offs[i]!), whole: sum(ons) / sum(offs), each };
  };
  const half = await inTurn(sizes.warmUp / (2 * MIN_BLOCK), MIN_BLOCK);
  count.reset();
  const rest = await inTurn(sizes.warmUp / (2 * MIN_BLOCK), MIN_BLOCK);
  const guess = sizes.warmUp / 2 / Math.max(1, count.measured);
  const length = Math.round(Math.min(MAX_BLOCK, Math.max(MIN_BLOCK, 2 * guess)));
  count.reset();
  const { ratios, whole, each } = await inTurn(sizes.blocks, length);
  const steps = sizes.blocks * length;
  const interval = steps / count.measured;
  await callback!.onTrainEnd();
  off.dispose();
  on.dispose();
  tf.dispose([batch.xs, batch.ys]);
  const warmUp = (half.whole + rest.whole) / 2;
  const median = estimate(each.off).median;
  const everyStep = estimate(each.on).median / median;
  return { off: median, ratio: estimate(ratios), whole, everyStep, warmUp, steps, interval };
}
