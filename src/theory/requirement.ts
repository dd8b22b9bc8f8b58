/** What the closed forms ask of their arguments: one sentence names the argument, its value, and what was expected. */

/** A value as a sentence tells it: a string is told from a number. */
export function told(value: unknown): string {
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 80))}`;
  if (typeof value === 'function' || (typeof value === 'object' && value !== null)) {
    if (Array.isArray(value)) return `a list of ${value.length}`;
    return typeof value === 'object' ? 'an object' : 'a function';
  }
  return String(value);
}

/** What a function is given in one object; `example` shows one. */
export function requireObject(name: string, given: unknown, example: string): void {
  if (typeof given === 'object' && given !== null) return;
  throw new RangeError(`${name} is ${told(given)}: expected an object such as ${example}.`);
}

/** An array or typed array; `of` says of what. */
export function requireList(name: string, given: unknown, of: string): void {
  if (Array.isArray(given) || (ArrayBuffer.isView(given) && !(given instanceof DataView))) return;
  // Whatever else has a length and is no text: promised is an ArrayLike.
  if (typeof given === 'object' && given !== null && Number.isInteger((given as { length?: unknown }).length)) return;
  throw new RangeError(`${name} is ${told(given)}: expected a list of ${of}.`);
}

/** A number above 0. */
export function requirePositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(`${name} is ${told(value)}: expected a finite number above 0.`);
  }
}

/** A number of at least 0. */
export function requireNonNegative(name: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0)) {
    throw new RangeError(`${name} is ${told(value)}: expected a finite number of at least 0.`);
  }
}

/** A whole number between `least` and `most`. */
export function requireWhole(name: string, value: number, least: number, most = Infinity): void {
  if (!(Number.isInteger(value) && value >= least && value <= most)) {
    throw new RangeError(`${name} is ${told(value)}: expected a whole number ${range(least, most)}.`);
  }
}

/** A number in [low, high]. */
export function requireWithin(name: string, value: number, low: number, high: number): void {
  if (!(typeof value === 'number' && value >= low && value <= high)) {
    throw new RangeError(`${name} is ${told(value)}: expected a number ${range(low, high)}.`);
  }
}

function range(low: number, high: number): string {
  return high === Infinity ? `of at least ${low}` : `from ${low} to ${high}`;
}

/** Examples of two or more classes: finite, not negative, not all 0. Fractions are fine (weights times examples). */
export function requireCounts(name: string, counts: ArrayLike<number>): void {
  requireList(name, counts, 'numbers, the examples of each class');
  if (counts.length < 2) {
    throw new RangeError(`${name} has length ${counts.length}: expected the counts of at least two classes.`);
  }
  let total = 0;
  for (let c = 0; c < counts.length; c++) {
    requireNonNegative(`${name}[${c}]`, counts[c]!);
    total += counts[c]!;
  }
  if (total === 0) throw new RangeError(`${name} is all 0: expected examples of at least one class.`);
}

/** Rows of equal length, all finite. */
export function requireRows(name: string, rows: ArrayLike<ArrayLike<number>>): void {
  requireList(name, rows, 'rows of numbers, one for each class');
  for (let r = 0; r < rows.length; r++) requireList(`${name}[${r}]`, rows[r], 'numbers');
  const width = rows.length === 0 ? 0 : rows[0]!.length;
  if (width === 0) throw new RangeError(`${name} is empty: expected a row of numbers for each class.`);
  for (let r = 0; r < rows.length; r++) {
    if (rows[r]!.length !== width) {
      throw new RangeError(`${name}[${r}] has length ${rows[r]!.length}: expected ${width}, the length of ${name}[0].`);
    }
    for (let j = 0; j < width; j++) {
      if (!Number.isFinite(rows[r]![j])) {
        throw new RangeError(`${name}[${r}][${j}] is ${told(rows[r]![j])}: expected a finite number.`);
      }
    }
  }
}

/** As many as there are of something else. */
export function requireLength(name: string, given: ArrayLike<unknown>, expected: number, of: string): void {
  if (given.length !== expected) {
    throw new RangeError(`${name} has length ${given.length}: expected ${expected}, one for each ${of}.`);
  }
}
