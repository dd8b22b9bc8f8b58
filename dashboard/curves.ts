/** A metric as the line chart shows it: over its sliding window, or as it is. Rows are buckets, elements are classes. */
import type { Bucket, MetricHistory } from '../src/history.ts';
import { type WindowedSeries, windowed } from '../src/stats/window.ts';

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

/**
 * Curves of windowed metrics, kept between draws: a window looks back only, so the rows of closed buckets stay as they are and only
 * the last one and those after it are computed again.
 */
export class CurveCache {
  private readonly rows = new WeakMap<MetricHistory, Chunk[]>();

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
    const known = this.rows.get(metric) ?? [];
    const size = metric.buckets.at(-1)?.sum.length;
    // The support of the last bucket may have arrived later than its value, and it was open: it is computed again.
    const kept = known.at(-1)?.series.size === size ? known.slice(0, -1) : [];
    const series = windowed(metric, support, kept.length);
    for (let row = 0; row < series.rows; row++) kept.push({ series, row });
    this.rows.set(metric, kept);
    return kept;
  }
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
