/** The range of a value axis. Pure. */
import type { Line } from './line-marks.ts';

/** Lowest and highest value drawn, widened a little; a panel's own bounds win. A log axis holds positive values only. */
export function valueBounds(
  lines: readonly Pick<Line, 'trace' | 'band'>[],
  scale: 'linear' | 'log',
  bounds: readonly [number | null, number | null] = [null, null],
): [number, number] {
  const [low, high] = extent(lines, scale);
  if (!(low <= high)) return scale === 'log' ? [bounds[0] ?? 0.1, bounds[1] ?? 1] : [bounds[0] ?? 0, bounds[1] ?? 1];
  if (scale === 'log') return [bounds[0] ?? low / 1.2, bounds[1] ?? high * 1.2];
  const margin = (high - low || Math.abs(high) || 1) * 0.05;
  return [bounds[0] ?? low - margin, bounds[1] ?? high + margin];
}

function extent(lines: readonly Pick<Line, 'trace' | 'band'>[], scale: 'linear' | 'log'): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number) => {
    if (!Number.isFinite(value) || (scale === 'log' && value <= 0)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const { trace, band } of lines) {
    for (const { y } of trace.points) take(y);
    if (!band) continue;
    for (const span of trace.spans) {
      take(span.low);
      take(span.high);
    }
  }
  return [low, high];
}
