import { requireList, told } from '../theory/requirement.ts';

/** Vectors as rows: nested, or row-major in one flat array whose number of columns is said beside it. */
export type Rows = readonly ArrayLike<number>[] | ArrayLike<number>;

/** Sums of squares of what is below are numbers. */
const ENORMOUS = 2 ** 500;
/** So are those of the largest number there is, less so much. */
const TAMING = 2 ** 600;

/** R x D values, row-major. */
export interface FlatRows {
  readonly values: ArrayLike<number>;
  readonly count: number;
  readonly columns: number;
}

/**
 * The rows as one flat array; nested ones are copied. `columns` is needed for flat rows, and checked for nested ones.
 * Throws a RangeError where rows differ in length or a value is not finite.
 */
export function flatRows(name: string, rows: Rows, columns?: number): FlatRows {
  requireList(name, rows, 'rows of numbers, or of numbers with columns beside it');
  const flat = isNested(rows) ? flattened(name, rows, columns) : divided(name, rows, columns);
  expectFinite(name, flat.values, flat.columns);
  return flat;
}

function isNested(rows: Rows): rows is readonly ArrayLike<number>[] {
  return rows.length > 0 && typeof rows[0] === 'object';
}

function flattened(name: string, rows: readonly ArrayLike<number>[], expected?: number): FlatRows {
  const columns = expected ?? rows[0]!.length;
  const values = new Float64Array(rows.length * columns);
  rows.forEach((row, r) => {
    if (row.length !== columns) {
      throw new RangeError(`Expected ${columns} values in every row of ${name}, got ${row.length} in row ${r}.`);
    }
    values.set(row, r * columns);
  });
  return { values, count: rows.length, columns };
}

function divided(name: string, values: ArrayLike<number>, columns?: number): FlatRows {
  if (columns === undefined) {
    throw new RangeError(`Expected columns, the number of values per row, beside flat ${name}, got undefined.`);
  }
  expectCount('columns', columns);
  const count = values.length / columns;
  if (!Number.isInteger(count)) {
    throw new RangeError(
      `Expected the length of ${name} to be a multiple of ${columns} columns, got ${values.length}.`,
    );
  }
  return { values, count, columns };
}

/** Throws a RangeError that says where the first value stands that is NaN or infinite. */
export function expectFinite(name: string, values: ArrayLike<number>, columns: number): void {
  if (areFinite(values)) return;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const place = `row ${Math.floor(i / columns)}, column ${i % columns}`;
    throw new RangeError(`Expected finite numbers in ${name}, got ${values[i]} in ${place}.`);
  }
}

/** Whether no value is NaN or infinite: any of them times 0 is NaN, and so is the sum. */
export function areFinite(values: ArrayLike<number>): boolean {
  const { length } = values;
  // Four sums, so that no addition waits for the one before.
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < length; i += 4) {
    a += values[i]! * 0;
    b += values[i + 1]! * 0;
    c += values[i + 2]! * 0;
    d += values[i + 3]! * 0;
  }
  for (; i < length; i++) a += values[i]! * 0;
  return a + b + c + d === 0;
}

/** Null for what arithmetic left of numbers that are too large for it. */
export function finiteOrNull(value: number | null): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Rows whose squares float64 can hold, in the same proportions: divided by a power of 2, which costs no digits, where they are enormous. */
export function tamed(rows: Float64Array): Float64Array {
  const largest = rows.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest < ENORMOUS ? rows : rows.map((value) => value / TAMING);
}

/** Throws a RangeError unless there is one label for each of `examples` rows, each of them an integer. */
export function expectLabels(labels: ArrayLike<number>, examples: number): void {
  requireList('labels', labels, 'integers, the class of each example');
  if (labels.length !== examples) {
    throw new RangeError(`Expected one label for each of ${examples} rows of features, got ${labels.length} labels.`);
  }
  for (let i = 0; i < labels.length; i++) {
    if (Number.isInteger(labels[i])) continue;
    throw new RangeError(`Expected integers in labels, got ${told(labels[i])} at place ${i}.`);
  }
}

/** Throws a RangeError unless `value` can be a number of things. */
export function expectCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`Expected ${name} to be an integer of at least 1, got ${told(value)}.`);
  }
}
