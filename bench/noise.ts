/**
 * What gradient-noise, told from single batches, says about all batches: 2,000 are drawn with replacement, the estimate is
 * pooled over them as the page pools a window. With g the mean gradient of a class in a batch and G that over all its
 * examples, three things are compared with it:
 *
 * - |G|^2 / mean |g|^2: the mean of (g, G/|G|), squared, over the mean of |g|^2. What the estimate is unbiased for.
 * - mean (g, G/|G|)^2 / mean |g|^2: squared cosines, pooled by |g|^2.
 * - mean of (g, G)^2 / (|g|^2 |G|^2): squared cosines, batch by batch; what the target is about.
 *
 * Noise along G itself, which makes a batch's gradient longer or shorter but does not turn it, counts as noise in the first
 * alone: no inner product between an example and its class is known, so nothing can tell it from the rest.
 *
 * Prints a table; `npm run bench -- noise`. Arguments: [batches].
 */
import { addTo, clouds, type Data, dot, Network, uniform } from './examples.js';

type GramModule = typeof import('../dist/stats/gram.js');
const { directionalNoise, meanSquares } = (await import(
  new URL('../stats/gram.js', import.meta.url).href
)) as GramModule;

const BATCHES = Number(process.argv[2] ?? 2000);
const TARGET = 0.02;
const INPUTS = 20;
const SHARES = [0.6, 0.3, 0.1];
const EXAMPLES = 3000;

/** Of the gradients of single examples of one network, by class. */
interface Full {
  readonly each: readonly Float64Array[];
  readonly squares: readonly number[];
  /** Mean gradient of each class. */
  readonly means: readonly Float64Array[];
}

function fullOf(network: Network, { xs, labels }: Data): Full {
  const each = xs.map((x, i) => network.gradient(x, labels[i]!));
  const means = SHARES.map((_, c) => {
    const mean = new Float64Array(network.weights.length);
    const own = each.filter((_, i) => labels[i] === c);
    for (const gradient of own) addTo(mean, gradient);
    return mean.map((value) => value / own.length);
  });
  return { each, squares: each.map((gradient) => dot(gradient, gradient)), means };
}

/** Sums over batches, of one class. */
interface Sums {
  signalNoise: number;
  signal: number;
  /** Batches that hold two examples of the class. */
  batches: number;
  cosine: number;
  /** (gbar, G/|G|)^2 and |gbar|^2. */
  along: number;
  square: number;
}

function drawn({ each, squares, means }: Full, { labels }: Data, batch: number, random: () => number): Sums[] {
  const all = SHARES.map((): Sums => ({ signalNoise: 0, signal: 0, batches: 0, cosine: 0, along: 0, square: 0 }));
  for (let n = 0; n < BATCHES; n++) {
    const indices = Array.from({ length: batch }, () => Math.floor(random() * each.length));
    const counts = SHARES.map((_, c) => indices.filter((i) => labels[i] === c).length);
    const vectors = SHARES.map((_, c) => {
      const sum = new Float64Array(each[0]!.length);
      for (const i of indices) if (labels[i] === c) addTo(sum, each[i]!);
      return sum;
    });
    const sumOfSquares = SHARES.map((_, c) => indices.reduce((sum, i) => sum + (labels[i] === c ? squares[i]! : 0), 0));
    // As the monitor has them: of the loss that is a mean over the batch.
    const norms = vectors.map((vector) => Math.sqrt(dot(vector, vector)) / batch);
    const noise = directionalNoise(
      norms,
      sumOfSquares.map((square) => square / batch ** 2),
      counts,
    );
    const signal = meanSquares(norms, counts);
    all.forEach((sums, c) => {
      if (noise[c] === null || signal[c] === null) return;
      const towards = dot(vectors[c]!, means[c]!) / Math.sqrt(dot(means[c]!, means[c]!));
      sums.batches++;
      sums.signalNoise += signal[c]! * noise[c]!;
      sums.signal += signal[c]!;
      sums.cosine += towards ** 2 / (norms[c]! * batch) ** 2;
      sums.along += (towards / counts[c]!) ** 2;
      sums.square += ((norms[c]! * batch) / counts[c]!) ** 2;
    });
  }
  return all;
}

console.log(`${BATCHES} batches, network ${INPUTS}-width-${SHARES.length}, ${EXAMPLES} examples`);
console.log(
  '| share | batch | width | trained | estimate | \\|G\\|²/mean \\|g\\|² | off | | cos², pooled | off | | cos², mean | off | |\n' +
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
);
const data = clouds(EXAMPLES, INPUTS, SHARES, 1);
const settings: number[][] = [];
for (const width of [8, 64]) {
  for (const steps of [0, 300]) {
    const network = new Network(INPUTS, width, SHARES.length, 2);
    network.train(data, steps, 64, 0.1, uniform(3));
    const full = fullOf(network, data);
    for (const batch of [32, 128]) {
      drawn(full, data, batch, uniform(4)).forEach((sums, c) => {
        const estimate = sums.signalNoise / sums.signal;
        const bare = (sums.batches * dot(full.means[c]!, full.means[c]!)) / sums.square;
        const truths = [bare, sums.along / sums.square, sums.cosine / sums.batches];
        const off = truths.map((truth) => estimate - truth);
        settings.push(off);
        const cells = truths.map((truth, i) => `${truth.toFixed(3)} | ${off[i]!.toFixed(3)} | ${verdict(off[i]!)}`);
        const setting = `${SHARES[c]} | ${batch} | ${width} | ${steps === 0 ? 'no' : 'yes'}`;
        console.log(`| ${setting} | ${estimate.toFixed(3)} | ${cells.join(' | ')} |`);
      });
    }
  }
}
['|G|²/mean |g|²', 'cos², pooled', 'cos², mean'].forEach((name, i) => {
  const off = settings.map((one) => one[i]!);
  const met = off.filter((value) => Math.abs(value) <= TARGET).length;
  console.log(
    `${name}: ${Math.min(...off).toFixed(3)} to ${Math.max(...off).toFixed(3)}, within ${TARGET} in ${met} of ${off.length} settings`,
  );
});

function verdict(off: number): string {
  return Math.abs(off) <= TARGET ? 'met' : 'not met';
}
