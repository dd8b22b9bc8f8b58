/** Every measure by its definition, one loop per sum, on nested arrays: slow, and meant to be read. Classes all have examples. */

export type Matrix = readonly (readonly number[])[];

export interface Plain {
  readonly features: Matrix;
  readonly labels: readonly number[];
  readonly weights: Matrix;
  readonly bias: readonly number[];
}

export const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
export const mean = (values: readonly number[]) => sum(values) / values.length;
export const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)));
export const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((x, j) => x * b[j]!));
export const minus = (a: readonly number[], b: readonly number[]) => a.map((x, j) => x - b[j]!);
export const norm = (a: readonly number[]) => Math.sqrt(dot(a, a));
export const meanRow = (rows: Matrix) => rows[0]!.map((_, j) => mean(rows.map((row) => row[j]!)));
export const centred = (rows: Matrix, at = meanRow(rows)) => rows.map((row) => minus(row, at));
export const frobenius = (rows: Matrix) => norm(rows.flat());
export const times = (a: Matrix, b: Matrix) => a.map((row) => b.map((other) => dot(row, other)));
const scaled = (rows: Matrix, by: number) => rows.map((row) => row.map((x) => x * by));
const unit = (rows: Matrix) => scaled(rows, 1 / frobenius(rows));
const differ = (a: Matrix, b: Matrix) => frobenius(a.map((row, r) => minus(row, b[r]!)));

export function pairsOf<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b): [T, T] => [a, b]));
}

/** mean x x^T. */
const second = (rows: Matrix) =>
  rows[0]!.map((_, i) => rows[0]!.map((_, j) => mean(rows.map((row) => row[i]! * row[j]!))));
const trace = (square: Matrix) => sum(square.map((row, i) => row[i]!));

export function means({ features, labels, weights }: Plain): number[][] {
  return weights.map((_, c) => meanRow(features.filter((_, i) => labels[i] === c)));
}

export const withinScatter = (data: Plain) =>
  second(data.features.map((h, i) => minus(h, means(data)[data.labels[i]!]!)));

/** Mean over classes of the scatter of each. */
export function classScatter(data: Plain): number[][] {
  const each = means(data).map((mu, c) =>
    second(
      centred(
        data.features.filter((_, i) => data.labels[i] === c),
        mu,
      ),
    ),
  );
  return each[0]!.map((row, i) => row.map((_, j) => mean(each.map((matrix) => matrix[i]![j]!))));
}

export const betweenScatter = (data: Plain) => second(centred(means(data)));

/** Between examples: each class counts as often as it has examples. */
export const exampleScatter = (data: Plain) => second(centred(data.labels.map((label) => means(data)[label]!)));

/** Tr(W B^+) / C with the `C - 1` largest eigenvalues of B. */
export function nc1(scatterWithin: Matrix, scatterBetween: Matrix, classes: number): number {
  const { values, vectors } = jacobi(scatterBetween);
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, classes - 1);
  const along = (v: readonly number[]) =>
    dot(
      v,
      scatterWithin.map((row) => dot(row, v)),
    );
  return sum(order.map((i) => along(vectors[i]!) / values[i]!)) / classes;
}

export const traceRatio = (a: Matrix, b: Matrix) => trace(a) / trace(b);

export function cdnv(data: Plain): number {
  const mus = means(data);
  const variances = mus.map((mu, c) =>
    mean(data.features.filter((_, i) => data.labels[i] === c).map((h) => norm(minus(h, mu)) ** 2)),
  );
  return mean(
    pairsOf([...mus.keys()]).map(
      ([a, b]) => (variances[a]! + variances[b]!) / (2 * norm(minus(mus[a]!, mus[b]!)) ** 2),
    ),
  );
}

export const variation = (rows: Matrix) => deviation(rows.map(norm)) / mean(rows.map(norm));
export const pairCosines = (rows: Matrix) => pairsOf(rows).map(([a, b]) => dot(a, b) / (norm(a) * norm(b)));

export function angles(rows: Matrix) {
  const away = pairCosines(rows).map((cosine) => Math.abs(cosine + 1 / (rows.length - 1)));
  return {
    mean: mean(pairCosines(rows)),
    std: deviation(pairCosines(rows)),
    mean_abs_dev_from_etf: mean(away),
    max_abs_dev_from_etf: Math.max(...away),
  };
}

export const duality = (w: Matrix, m: Matrix) => differ(unit(w), unit(m));

/** Distance of a C x C matrix from the products of the frame, both of Frobenius norm 1. */
export function fromFrame(products: Matrix): number {
  const size = products.length;
  return differ(
    unit(products),
    products.map((row, a) => row.map((_, b) => ((a === b ? 1 : 0) - 1 / size) / Math.sqrt(size - 1))),
  );
}

export const predicted = ({ features, weights, bias }: Plain) =>
  features.map((h) =>
    first(
      weights.map((w, c) => dot(w, h) + bias[c]!),
      Math.max,
    ),
  );
export const nearest = ({ features }: Plain, mus: Matrix) =>
  features.map((h) =>
    first(
      mus.map((mu) => norm(minus(h, mu)) ** 2),
      Math.min,
    ),
  );
const first = (values: readonly number[], pick: (...values: number[]) => number) => values.indexOf(pick(...values));
export const share = (a: readonly unknown[], b: readonly unknown[]) => mean(a.map((x, i) => (x === b[i] ? 1 : 0)));

/** Eigenvalues and eigenvectors by turning every two axes until nothing is left beside the diagonal. */
export function jacobi(symmetric: Matrix): { values: number[]; vectors: number[][] } {
  const a = symmetric.map((row) => [...row]);
  const vectors = a.map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of pairsOf([...a.keys()])) {
      if (a[p]![q] === 0) continue;
      const angle = Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!) / 2;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const turn = (x: number[], y: number[]) =>
        x.forEach((value, k) => {
          [x[k], y[k]] = [c * value - s * y[k]!, s * value + c * y[k]!];
        });
      turn(a[p]!, a[q]!);
      for (const row of a) [row[p], row[q]] = [c * row[p]! - s * row[q]!, s * row[p]! + c * row[q]!];
      turn(vectors[p]!, vectors[q]!);
    }
  }
  return { values: a.map((row, i) => row[i]!), vectors };
}
