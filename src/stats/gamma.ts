/** Smallest float32 above 0: what is smaller was rounded to 0. */
const TINIEST = 2 ** -149;

/**
 * Gamma (Francazi, Lucchi, Baity-Jesi, ICML 2024) of what N nodes put out for D examples, D x N row-major: the variance over nodes of
 * their means, divided by the mean over nodes of their variances. D examples alone make it larger by 1 / D, which is taken off: around a
 * gamma of 0 estimates lie on both sides of it. Infinity where the outputs do not depend on the example, null below two examples or
 * nodes, where nothing varies at all, and where a value is not finite.
 *
 * `degrees`: by how much the sum of the variances is divided; N - 1 where each example is centred, which takes 1 / N of them away.
 */
export function nodeGamma(outputs: ArrayLike<number>, nodes: number, degrees = nodes): number | null {
  const examples = outputs.length / nodes;
  if (examples < 2 || nodes < 2) return null;
  const means = new Float64Array(nodes);
  let within = 0;
  for (let c = 0; c < nodes; c++) {
    const { mean, variance } = momentsOf(outputs, c, nodes);
    means[c] = mean;
    within += variance / degrees;
  }
  const between = momentsOf(means, 0, 1).variance;
  if (Number.isNaN(within + between) || (within === 0 && between === 0)) return null;
  return between / within - 1 / examples;
}

/** The same where probabilities are known, B x C: of their logarithms, each example centred; as logits up to what all nodes share. */
export function probabilityGamma(probabilities: ArrayLike<number>, classes: number): number | null {
  return nodeGamma(centredLogs(probabilities, classes), classes, classes - 1);
}

/** Logarithms of probabilities, B x C, less each example's mean: logits up to what all nodes share. */
export function centredLogs(probabilities: ArrayLike<number>, classes: number): Float64Array {
  const logs = new Float64Array(probabilities.length);
  for (let start = 0; start < logs.length; start += classes) {
    let sum = 0;
    for (let i = start; i < start + classes; i++) {
      logs[i] = Math.log(Math.max(probabilities[i]!, TINIEST));
      sum += logs[i]!;
    }
    for (let i = start; i < start + classes; i++) logs[i]! -= sum / classes;
  }
  return logs;
}

/** Of every `stride`-th value, as a sample; relative to the first, so that equal values have a variance of exactly 0. */
function momentsOf(values: ArrayLike<number>, from: number, stride: number): { mean: number; variance: number } {
  const first = values[from]!;
  const count = values.length / stride;
  let sum = 0;
  for (let i = from; i < values.length; i += stride) sum += values[i]! - first;
  const offset = sum / count;
  let square = 0;
  for (let i = from; i < values.length; i += stride) square += (values[i]! - first - offset) ** 2;
  return { mean: first + offset, variance: square / (count - 1) };
}
