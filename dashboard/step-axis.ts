/** The step axis: where a step sits, and which steps get a tick. Pure. */

/** 'log': 0, 1, 10, 100 ... at equal distances, linear between 0 and 1. */
export type StepScale = 'log' | 'linear';

/** Position of a step on the axis, in its own units: 0 at step 0. A log axis counts decades, with one more for 0 to 1. */
export function stepPosition(step: number, scale: StepScale): number {
  if (scale === 'linear' || step <= 1) return step;
  return 1 + Math.log10(step);
}

/** Inverse of `stepPosition`. */
export function stepAt(position: number, scale: StepScale): number {
  if (scale === 'linear' || position <= 1) return position;
  return 10 ** (position - 1);
}

/** Steps that get a tick between two steps (inclusive), at most about `most` of them. */
export function stepTicks(first: number, last: number, scale: StepScale, most: number): number[] {
  if (!(last > first)) return [Math.round(first)];
  return scale === 'linear' ? linearTicks(first, last, most) : logTicks(first, last, most);
}

function linearTicks(first: number, last: number, most: number): number[] {
  const width = roundUp((last - first) / Math.max(1, most - 1));
  const ticks: number[] = [];
  for (let tick = Math.ceil(first / width) * width; tick <= last; tick += width) ticks.push(tick);
  return ticks;
}

/** The next of 1, 2, 5, 10, 20, 50 ...: steps are whole numbers. */
function roundUp(width: number): number {
  const decade = 10 ** Math.floor(Math.log10(width));
  const factor = [1, 2, 5, 10].find((times) => times * decade >= width * (1 - 1e-9)) ?? 10;
  return Math.max(1, factor * decade);
}

function logTicks(first: number, last: number, most: number): number[] {
  const inside = (step: number) => step >= first - 1e-9 && step <= last + 1e-9;
  const decades = [0, ...powers(last)];
  const shown = decades.filter(inside);
  // Deep inside one decade there are too few powers of ten to read the axis by.
  if (shown.length >= 3 || last - first < 3) return spread(shown.length > 0 ? shown : [Math.round(first)], most);
  const finer = decades.flatMap((decade) => (decade === 0 ? [0] : [decade, 2 * decade, 5 * decade])).filter(inside);
  return finer.length >= 3 ? spread(finer, most) : linearTicks(first, last, Math.min(most, 5));
}

function powers(last: number): number[] {
  const steps: number[] = [];
  for (let step = 1; step <= last; step *= 10) steps.push(step);
  return steps;
}

function spread(ticks: number[], most: number): number[] {
  const every = Math.ceil(ticks.length / Math.max(2, most));
  return ticks.filter((_, i) => i % every === 0);
}

/** `0`, `250`, `1k`, `2.5k`, `10k`, `1M`. */
export function formatStep(step: number): string {
  const rounded = Math.round(step);
  if (rounded >= 1_000_000) return `${trim(rounded / 1_000_000)}M`;
  if (rounded >= 1000) return `${trim(rounded / 1000)}k`;
  return String(rounded);
}

function trim(value: number): string {
  return String(Number(value.toFixed(2)));
}
