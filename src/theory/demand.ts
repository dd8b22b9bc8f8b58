/** What the functions of this folder ask of the numbers that they are given; each breach is a RangeError of one sentence. */

/** `value`, if it is finite and above 0. */
export function demandPositive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`Expected ${name} to be a finite number above 0, got ${value}.`);
}

/** `value`, if it is a whole number between `least` and `most`. */
export function demandWhole(name: string, value: number, least: number, most = Infinity): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = most === Infinity ? `from ${least}` : `from ${least} to ${most}`;
  throw new RangeError(`Expected ${name} to be a whole number ${range}, got ${value}.`);
}

/** `value`, if it lies in [low, high]. */
export function demandWithin(name: string, value: number, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  const range = high === Infinity ? `at least ${low}` : `from ${low} to ${high}`;
  throw new RangeError(`Expected ${name} to be ${range}, got ${value}.`);
}
