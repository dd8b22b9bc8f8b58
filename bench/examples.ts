/** Gradients of single examples of a small network in plain float64: what a batch is drawn from. */

/** Numbers in (0, 1), the same for the same seed. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

export function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

export interface Data {
  readonly xs: readonly Float64Array[];
  readonly labels: readonly number[];
}

/** One cloud per class, overlapping; `shares` of the classes. */
export function clouds(count: number, inputs: number, shares: readonly number[], seed: number): Data {
  const gauss = normal(uniform(seed));
  const centres = shares.map(() => Float64Array.from({ length: inputs }, () => 0.45 * gauss()));
  const labels = shares.flatMap((share, c) => new Array<number>(Math.round(share * count)).fill(c));
  return { labels, xs: labels.map((label) => centres[label]!.map((value) => value + gauss())) };
}

/** inputs - ReLU width - softmax classes, with biases; cross-entropy. */
export class Network {
  /** All weights one after the other: [inputs, width], [width], [width, classes], [classes]. */
  readonly weights: Float64Array;
  private readonly inputs: number;
  private readonly width: number;
  private readonly classes: number;

  constructor(inputs: number, width: number, classes: number, seed: number) {
    [this.inputs, this.width, this.classes] = [inputs, width, classes];
    const gauss = normal(uniform(seed));
    this.weights = new Float64Array(inputs * width + width + width * classes + classes);
    const head = inputs * width + width;
    for (let i = 0; i < inputs * width; i++) this.weights[i] = Math.sqrt(2 / inputs) * gauss();
    for (let i = 0; i < width * classes; i++) this.weights[head + i] = Math.sqrt(2 / (width + classes)) * gauss();
  }

  /** Gradient of the loss of one example. */
  gradient(x: Float64Array, label: number): Float64Array {
    const { inputs, width, classes, weights } = this;
    const [biases, head] = [inputs * width, inputs * width + width];
    const last = head + width * classes;
    const hidden = Float64Array.from({ length: width }, (_, j) => {
      let sum = weights[biases + j]!;
      for (let i = 0; i < inputs; i++) sum += x[i]! * weights[i * width + j]!;
      return Math.max(0, sum);
    });
    const logits = Float64Array.from({ length: classes }, (_, c) => {
      let sum = weights[last + c]!;
      for (let j = 0; j < width; j++) sum += hidden[j]! * weights[head + j * classes + c]!;
      return sum;
    });
    const top = Math.max(...logits);
    const exponentials = logits.map((logit) => Math.exp(logit - top));
    const total = exponentials.reduce((a, b) => a + b, 0);
    const delta = exponentials.map((value, c) => value / total - (c === label ? 1 : 0));
    const gradient = new Float64Array(weights.length);
    gradient.set(delta, last);
    for (let j = 0; j < width; j++) {
      if (hidden[j] === 0) continue;
      let back = 0;
      for (let c = 0; c < classes; c++) {
        gradient[head + j * classes + c] = hidden[j]! * delta[c]!;
        back += weights[head + j * classes + c]! * delta[c]!;
      }
      gradient[biases + j] = back;
      for (let i = 0; i < inputs; i++) gradient[i * width + j] = x[i]! * back;
    }
    return gradient;
  }

  /** Plain SGD on batches drawn at random. */
  train({ xs, labels }: Data, steps: number, batch: number, rate: number, random: () => number): void {
    for (let step = 0; step < steps; step++) {
      const sum = new Float64Array(this.weights.length);
      for (let n = 0; n < batch; n++) {
        const i = Math.floor(random() * xs.length);
        addTo(sum, this.gradient(xs[i]!, labels[i]!));
      }
      for (let k = 0; k < sum.length; k++) this.weights[k]! -= (rate / batch) * sum[k]!;
    }
  }
}

export function addTo(sum: Float64Array, more: Float64Array): void {
  for (let k = 0; k < sum.length; k++) sum[k]! += more[k]!;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
