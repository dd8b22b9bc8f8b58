import { generator } from '../support/generator.ts';
import { normals } from './draws.ts';
import { dot } from './free-descent.ts';

/** What training left. Energies are what the layer-peeled model bounds: (1/C) sum |w_k|^2 and (1/C) sum |h_k|^2. */
export interface Trained {
  /** Classifiers, C rows. */
  readonly w: readonly number[][];
  /** Features, one row for each class. */
  readonly h: readonly number[][];
  readonly weightEnergy: number;
  readonly featureEnergy: number;
  /** Mean cross-entropy, without the decay. */
  readonly loss: number;
  /** Largest component of the gradient at the end: 0 at a stationary point. */
  readonly slope: number;
}

export interface Training {
  readonly weightDecay: number;
  readonly featureDecay: number;
  readonly steps: number;
  readonly rate: number;
}

/**
 * The layer-peeled model as a network's last layer is trained: plain gradient descent from small random W and H (one free feature for each
 * class, more dimensions than classes) on (1/N) sum_k n_k CE(W h_k, k) + weightDecay/2 |W|^2 + featureDecay/2 |H|^2. Nothing is bounded,
 * projected or symmetrised.
 */
export function trainPeeled(counts: readonly number[], { weightDecay, featureDecay, steps, rate }: Training): Trained {
  const draw = normals(generator(11));
  const rows = () => counts.map(() => Array.from({ length: counts.length + 2 }, () => 0.1 * draw()));
  const [w, h] = [rows(), rows()];
  let slope = 0;
  for (let step = 0; step < steps; step++) {
    const { dw, dh } = gradients(counts, w, h);
    slope = Math.max(descend(w, dw, weightDecay, rate), descend(h, dh, featureDecay, rate));
  }
  return { w, h, weightEnergy: energy(w), featureEnergy: energy(h), loss: gradients(counts, w, h).loss, slope };
}

function gradients(counts: readonly number[], w: readonly number[][], h: readonly number[][]) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [dw, dh] = [w, h].map((rows) => rows.map((row) => row.map(() => 0))) as [number[][], number[][]];
  let loss = 0;
  for (let k = 0; k < counts.length; k++) {
    const e = w.map((row) => Math.exp(dot(row, h[k]!)));
    const sum = e.reduce((a, b) => a + b, 0);
    loss -= (counts[k]! / total) * Math.log(e[k]! / sum);
    for (let c = 0; c < counts.length; c++) {
      const pull = (counts[k]! / total) * (e[c]! / sum - (c === k ? 1 : 0));
      for (let j = 0; j < h[k]!.length; j++) {
        dw[c]![j]! += pull * h[k]![j]!;
        dh[k]![j]! += pull * w[c]![j]!;
      }
    }
  }
  return { dw, dh, loss };
}

/** One step in place; returns the largest component of the gradient. */
function descend(rows: number[][], slopes: readonly number[][], decay: number, rate: number): number {
  let largest = 0;
  rows.forEach((row, k) => {
    row.forEach((value, j) => {
      const slope = slopes[k]![j]! + decay * value;
      largest = Math.max(largest, Math.abs(slope));
      row[j] = value - rate * slope;
    });
  });
  return largest;
}

function energy(rows: readonly number[][]): number {
  return rows.reduce((sum, row) => sum + dot(row, row), 0) / rows.length;
}
