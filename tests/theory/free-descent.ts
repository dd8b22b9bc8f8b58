/**
 * The layer-peeled model as it is written in the paper: free W (C x C) and H (C x C, one feature per class) by plain gradient
 * descent on the mean cross-entropy, both scaled back to their energy after each step. Slow, and nothing to get wrong.
 */
export interface Free {
  readonly w: number[][];
  readonly h: number[][];
  readonly loss: number;
}

export function freeDescent(
  counts: readonly number[],
  weightEnergy: number,
  featureEnergy: number,
  steps: number,
): Free {
  const classes = counts.length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  let state = 12345;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31 - 0.5;
  };
  const square = () => counts.map(() => counts.map(random));
  let w = scaled(square(), classes * weightEnergy);
  let h = scaled(square(), classes * featureEnergy);
  for (let step = 0; step < steps; step++) {
    const pull = counts.map((count, k) =>
      softmax(w.map((row) => dot(row, h[k]!))).map((p, c) => (count / total) * (p - (c === k ? 1 : 0))),
    );
    const dw = w.map((_, c) => counts.map((_, j) => sumOver(classes, (k) => pull[k]![c]! * h[k]![j]!)));
    const dh = h.map((_, k) => counts.map((_, j) => sumOver(classes, (c) => pull[k]![c]! * w[c]![j]!)));
    w = scaled(moved(w, dw), classes * weightEnergy);
    h = scaled(moved(h, dh), classes * featureEnergy);
  }
  const loss = sumOver(classes, (k) => {
    const p = softmax(w.map((row) => dot(row, h[k]!)))[k]!;
    return (-counts[k]! / total) * Math.log(p);
  });
  return { w, h, loss };
}

export const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

const sumOver = (n: number, f: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => f(i)).reduce((a, b) => a + b, 0);

const moved = (rows: number[][], slope: number[][]) => rows.map((row, i) => row.map((x, j) => x - slope[i]![j]!));

function scaled(rows: number[][], square: number): number[][] {
  const factor = Math.sqrt(square / rows.reduce((sum, row) => sum + dot(row, row), 0));
  return rows.map((row) => row.map((x) => x * factor));
}

function softmax(logits: number[]): number[] {
  const e = logits.map(Math.exp);
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((x) => x / sum);
}
