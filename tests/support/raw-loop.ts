import { expect, vi } from 'vitest';
import { tidy } from '../../src/capture/engine/tensors.ts';
import type { ShownRecord } from '../../src/journal.ts';
import type { WatchOptions } from '../../src/options.ts';
import type { TfLike } from '../../src/tf.ts';
import { type Seen, watched } from './class-gradients-of.ts';
import { generator } from './generator.ts';
import { classGradientsByPasses, gradientOf, type PassReference } from './masked-passes.ts';
import { tf } from './tensorflow.ts';

/** A classifier without a LayersModel: raw variables and a function. */
export interface RawNet {
  readonly weights: readonly tf.Variable[];
  readonly labels: readonly number[];
  readonly classes: number;
  /** [B, classes]; no example enters the row of another. */
  logits(): tf.Tensor2D;
  /** The labels as the user shows them, made of class indices; default: these. */
  labelled?(indices: tf.Tensor1D): tf.Tensor;
  /** What `observe` gets to see, made of the logits; default: them. */
  shown?(logits: tf.Tensor2D): tf.Tensor2D;
  /** Added to the mean of the cross-entropies; belongs to no class. */
  penalty?(): tf.Scalar;
  /** The loss of every example with something added that is the same for all, and belongs to no class. */
  shifted?(losses: tf.Tensor): tf.Tensor;
  /** The whole loss as something else. */
  scaled?(loss: tf.Tensor): tf.Tensor;
  /** Called before each step. */
  before?(step: number): void;
}

/** What a monitor made of a loop. */
export interface Watched extends Omit<Seen, 'recording'> {
  readonly coverage: number | null;
  readonly records: readonly ShownRecord[];
  /** What it said. */
  readonly sentences: readonly string[];
}

/** Normal enough values in -1 ... 1. */
export function values(shape: number[], seed: number): tf.Tensor {
  const random = generator(seed);
  return tf.tensor(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1),
    shape,
  );
}

let named = 0;
/** A weight under a name that a sentence can be looked for by. */
export const weight = (name: string, shape: number[], seed = 1): tf.Variable =>
  tf.variable(values(shape, seed), true, `${name}/${++named}`);

/** Cross-entropy of each example. */
export function losses({ logits, labels, classes }: RawNet, z: tf.Tensor2D = logits()): tf.Tensor {
  // An example of no class has a loss all the same.
  const targets = labels.map((label) => ((label % classes) + classes) % classes);
  const wanted = tf.oneHot(tf.tensor1d(targets, 'int32'), classes).toFloat();
  return tf.neg(tf.sum(tf.mul(wanted, tf.logSoftmax(z)), 1));
}

/** What each class should come to with the weights as they are. */
export function expected(net: RawNet, weights = net.weights): PassReference {
  const { labels, classes } = net;
  const loss = () => {
    const each = losses(net);
    return net.scaled?.(each) ?? each;
  };
  return tidy(tf, () => classGradientsByPasses({ labels, classes, weights, losses: loss }));
}

/** The gradient that a step gets, over all weights in their order. */
export const gradientOfLoss = (net: RawNet): number[] => gradientOf(net.weights, () => tf.mean(losses(net)));

/** One update, with `observe`. */
export function step(net: RawNet, optimizer: tf.Optimizer, observe: (p: tf.Tensor, y: tf.Tensor) => tf.Tensor): void {
  const labels = tf.tensor1d([...net.labels], 'int32');
  const lossOf = () => {
    const z = net.logits();
    observe(net.shown?.(z) ?? z, net.labelled?.(labels) ?? labels);
    const each = losses(net, z);
    const mean = tf.mean(net.shifted?.(each) ?? each);
    const loss = net.scaled?.(mean) ?? mean;
    return (net.penalty === undefined ? loss : tf.add(loss, net.penalty())) as tf.Scalar;
  };
  optimizer.minimize(lossOf, false, [...net.weights]);
  labels.dispose();
}

/** a b of matrices, whatever they are declared as. */
export const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor2D => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);

/** Runs `work` and collects what the monitor prints meanwhile. */
export async function listening<T>(work: () => Promise<T>): Promise<readonly [T, string[]]> {
  const sentences: string[] = [];
  const warn = vi.spyOn(console, 'warn').mockImplementation((sentence: string) => {
    if (sentence.startsWith('classwatch: ')) sentences.push(sentence);
  });
  try {
    return [await work(), sentences];
  } finally {
    warn.mockRestore();
  }
}

/** Long enough for the budget to allow the class gradients of a small network at most steps, if not at all. */
export const pause = (ms = 12) => new Promise((done) => setTimeout(done, ms));

export interface LoopOptions extends WatchOptions {
  readonly numSteps?: number;
  readonly make?: () => tf.Optimizer;
  /** What the user does with `observe`. */
  readonly observing?: (observe: Observe) => Observe;
  /** The copy of tfjs that the monitor is given. */
  readonly as?: TfLike;
}

/** Trains a few steps under a monitor. */
export async function watchLoop(net: RawNet, options: LoopOptions = {}): Promise<Watched> {
  const { numSteps = 2, make = () => tf.train.sgd(0.1), observing, as, ...rest } = options;
  const optimizer = make();
  const [seen, sentences] = await listening(async () => {
    const all = { optimizer, numClasses: net.classes, outputs: 'logits' as const, ...rest };
    const { steps, recording } = await watched(null, all, as);
    const observe: Observe = (p, y) => recording.monitor.observe(p, y);
    for (let i = 0; i < numSteps; i++) {
      await pause();
      net.before?.(i);
      step(net, optimizer, observing?.(observe) ?? observe);
    }
    await recording.monitor.flush();
    const { coverage } = recording.monitor;
    await recording.monitor.close();
    return { steps, coverage, records: recording.records };
  });
  return { ...seen, sentences };
}

/** Largest difference in units of the largest expected value. */
export function distance(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const scale = Math.max(...Array.from(wanted, Math.abs), 1e-30);
  return Math.max(...Array.from(wanted, (value, i) => Math.abs(got[i]! - value)), 0) / scale;
}

type Observe = (p: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** Values of all weights. */
export const valuesOf = ({ weights }: RawNet): number[][] => weights.map((one) => [...one.dataSync()]);

/** Puts the values of all weights back. */
export function restore({ weights }: RawNet, state: readonly number[][]): void {
  tf.tidy(() => {
    weights.forEach((one, i) => {
      one.assign(tf.tensor(state[i]!, one.shape));
    });
  });
}

/**
 * At every step the monitor says over `weights` what one backward pass per example says, and training ends up where it
 * does without the monitor. At step 0 the class gradients are kept to be compared with the update, at step 1 they are not.
 */
export async function expectRight(net: RawNet, options: LoopOptions = {}, weights = net.weights): Promise<Watched> {
  const { numSteps = 2, make = () => tf.train.sgd(0.1) } = options;
  const start = valuesOf(net);
  const optimizer = make();
  const references = Array.from({ length: numSteps }, (_, i) => {
    net.before?.(i);
    const reference = { ...expected(net, weights), present: classesOf(net) };
    step(net, optimizer, (p) => p);
    return reference;
  });
  const end = valuesOf(net);
  restore(net, start);
  const seen = await watchLoop(net, { ...options, numSteps, make });
  expect(valuesOf(net)).toEqual(end);
  expect(seen.steps[0]!.step).toBe(0);
  expect(seen.steps.length).toBeGreaterThan(numSteps / 2);
  for (const { step: at, gradients } of seen.steps) {
    const reference = references[at]!;
    const pick = (of: readonly number[]) => Array.from(gradients.present, (c) => of[c]!);
    expect(Array.from(gradients.present)).toEqual(reference.present);
    const sums = [...pick(reference.along), reference.total];
    const pairs = Array.from(gradients.present).flatMap((a) => pick(reference.gram.slice(a * net.classes)));
    expect(distance(gradients.gram, pairs), `Gram of step ${at}`).toBeLessThan(5e-6);
    expect(distance([...gradients.along, gradients.total], sums), `sums of step ${at}`).toBeLessThan(5e-6);
    const { squares } = gradients;
    if (squares !== null) expect(distance(squares, pick(reference.squares)), `squares of ${at}`).toBeLessThan(5e-6);
  }
  return seen;
}

/** Those that some example has, ascending. */
function classesOf({ labels, classes }: RawNet): number[] {
  return [...new Set(labels)].filter((label) => label >= 0 && label < classes).sort((a, b) => a - b);
}

/** The weights that are named are left out with a sentence each, and the others are right; all of them: nothing is said. */
export async function expectRefused(net: RawNet, refused: readonly tf.Variable[], why: RegExp): Promise<void> {
  const rest = net.weights.filter((one) => !refused.includes(one));
  const size = (of: readonly tf.Variable[]) => of.reduce((sum, one) => sum + one.size, 0);
  const seen = rest.length === 0 ? await watchLoop(net) : await expectRight(net, {}, rest);
  if (rest.length === 0) expect(seen.steps).toEqual([]);
  expect(seen.coverage).toBeCloseTo(size(rest) / size(net.weights), 12);
  expect(seen.sentences).toHaveLength(refused.length);
  for (const { name } of refused) {
    const sentence = seen.sentences.find((one) => one.includes(`the weight ${name} are not measured`));
    expect(sentence, `a sentence about ${name}`).toMatch(why);
  }
}
