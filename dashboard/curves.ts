/** A metric as the line chart shows it: over its sliding window, or as it is. Rows are buckets, elements are classes. */
import type { Bucket, MetricHistory } from '../src/history.ts';
import { startsFor, type WindowedSeries, windowed } from '../src/stats/window.ts';

export interface Curve {
  readonly metric: MetricHistory;
  readonly rows: number;
  /** Elements per row. */
  readonly size: number;
  bucket(row: number): Bucket;
  /** Shown value; null where it is missing. */
  value(row: number, element: number): number | null;
  /** Examples per class in the window of a row; null where the metric is not windowed. */
  support(row: number): Float64Array | null;
}

/** A metric bucket by bucket. */
export function plainCurve(metric: MetricHistory): Curve {
  const { buckets } = metric;
  return {
    metric,
    rows: buckets.length,
    size: buckets.at(-1)?.last.length ?? 0,
    bucket: (row) => buckets[row]!,
    value: (row, element) => metric.value(buckets[row]!, element),
    support: () => null,
  };
}

interface Chunk {
  readonly series: WindowedSeries;
  readonly row: number;
}

interface Kept {
  readonly stamp: string;
  readonly chunks: Chunk[];
}

/** Changes whenever a metric was measured. */
function stampOf({ buckets }: MetricHistory): string {
  return `${buckets.length}:${buckets.at(-1)?.count ?? 0}`;
}

/**
 * Curves of windowed metrics, kept between draws: a window looks back only, so the rows of closed buckets stay as they are and only
 * the last one and those after it are computed again.
 */
export class CurveCache {
  private readonly kept = new WeakMap<MetricHistory, Kept>();
  private readonly starts = new WeakMap<MetricHistory, Map<boolean, { stamp: string; starts: Int32Array }>>();

  /** The curve of a metric; `support` is the metric that weighs it, if any. */
  curve(metric: MetricHistory, support: MetricHistory | undefined): Curve {
    if (support === undefined || metric.isMatrix || metric.declaration.cadence !== 'step') return plainCurve(metric);
    const rows = this.update(metric, support);
    return {
      ...plainCurve(metric),
      value: (row, element) => {
        const { series, row: at } = rows[row]!;
        const index = at * series.size + element;
        return series.present[index] ? series.values[index]! : null;
      },
      support: (row) => {
        const { series, row: at } = rows[row]!;
        return series.support.subarray(at * series.classes, (at + 1) * series.classes);
      },
    };
  }

  private update(metric: MetricHistory, support: MetricHistory): Chunk[] {
    const known = this.kept.get(metric);
    const stamp = `${stampOf(metric)}/${stampOf(support)}`;
    if (known?.stamp === stamp) return known.chunks;
    const size = metric.buckets.at(-1)?.sum.length;
    const chunks = known?.chunks ?? [];
    // The last bucket was open, or its support came later than its values.
    const from = chunks.at(-1)?.series.size === size ? Math.max(0, chunks.length - 1) : 0;
    const series = windowed(metric, support, from, this.startsOf(metric, support));
    chunks.length = from;
    for (let row = 0; row < series.rows; row++) chunks.push({ series, row });
    this.kept.set(metric, { stamp, chunks });
    return chunks;
  }

  /** Most metrics share their support. */
  private startsOf(metric: MetricHistory, support: MetricHistory): Int32Array {
    const isScalar = metric.declaration.axes.length === 0;
    const stamp = stampOf(support);
    const shared = this.starts.get(support) ?? new Map();
    const known = shared.get(isScalar);
    if (known?.stamp === stamp) return known.starts;
    const starts = startsFor(metric, support);
    this.starts.set(support, shared.set(isScalar, { stamp, starts }));
    return starts;
  }
}

/** Row that is shown at a step: the last one that began by then; -1 before the first. */
export function rowAt(curve: Pick<Curve, 'rows' | 'bucket'>, step: number): number {
  let low = 0;
  let high = curve.rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve.bucket(middle).firstStep <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Row whose step is nearest to `step`; -1 if there is none. */
export function nearestRow(curve: Pick<Curve, 'rows' | 'bucket'>, step: number): number {
  let low = 0;
  let high = curve.rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve.bucket(middle).step < step) low = middle + 1;
    else high = middle;
  }
  if (low === curve.rows) return low - 1;
  if (low === 0) return 0;
  return step - curve.bucket(low - 1).step < curve.bucket(low).step - step ? low - 1 : low;
}
