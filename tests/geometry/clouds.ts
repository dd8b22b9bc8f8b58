import fc from 'fast-check';
import { expect } from 'vitest';
import { generator } from '../support/generator.ts';
import type { Matrix, Plain } from './plain-collapse.ts';

/** Examples around class means, and some classifier. */
export interface Cloud extends Plain {
  readonly features: number[][];
  readonly labels: number[];
  readonly weights: number[][];
  readonly bias: number[];
  readonly classes: number;
  readonly columns: number;
}

export interface CloudShape {
  readonly seed: number;
  readonly classes: number;
  readonly columns: number;
  /** At least one of every class. */
  readonly examples: number;
  readonly offset?: number;
}

/** Standard normal numbers. */
export function normals(seed: number, count: number): number[] {
  const random = generator(seed);
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

export function cloudOf({ seed, classes, columns, examples, offset = 0 }: CloudShape): Cloud {
  const random = generator(seed + 1);
  const labels = Array.from({ length: examples }, (_, i) => (i < classes ? i : Math.floor(random() ** 2 * classes)));
  const rows = (from: number, count: number) => {
    const values = normals(seed * 10 + from, count * columns);
    return Array.from({ length: count }, (_, r) => values.slice(r * columns, (r + 1) * columns));
  };
  const mus = rows(2, classes);
  const features = rows(3, examples).map((h, i) => h.map((x, j) => offset + 0.3 * x + mus[labels[i]!]![j]!));
  return { features, labels, weights: rows(4, classes), bias: normals(seed * 10 + 5, classes), classes, columns };
}

/** Of random shapes: fewer columns than classes, and more. */
export const clouds = fc
  .record({ seed: fc.nat(1e6), classes: fc.integer({ min: 2, max: 6 }), columns: fc.integer({ min: 1, max: 9 }) })
  .chain((shape) => fc.integer({ min: 8, max: 40 }).map((examples) => cloudOf({ ...shape, examples })));

type Values = number | null | readonly Values[] | { readonly [name: string]: Values };

/** Same shape, same nulls, numbers within a relative error (absolute below 1). */
export function expectSame(got: Values, expected: Values, tolerance = 1e-9, path = ''): void {
  if (typeof expected === 'number') {
    expect(got, path).toBeTypeOf('number');
    const error = Math.abs((got as number) - expected) / Math.max(1, Math.abs(expected));
    expect(error, `${path}: ${got} for ${expected}`).toBeLessThanOrEqual(tolerance);
  } else if (expected === null) expect(got, path).toBeNull();
  else {
    expect(Object.keys(got as object)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) {
      expectSame((got as Record<string, Values>)[name]!, value, tolerance, `${path}.${name}`);
    }
  }
}

/** A matrix of orthonormal rows: every two of random vectors made to stand at right angles. */
export function rotationOf(seed: number, size: number): number[][] {
  const rows: number[][] = [];
  for (let r = 0; r < size; r++) {
    let row = normals(seed + r * 1000, size);
    for (let twice = 0; twice < 2; twice++) {
      for (const other of rows) {
        const along = row.reduce((sum, x, j) => sum + x * other[j]!, 0);
        row = row.map((x, j) => x - along * other[j]!);
      }
    }
    const length = Math.hypot(...row);
    rows.push(row.map((x) => x / length));
  }
  return rows;
}

export const rotated = (rows: Matrix, rotation: Matrix) =>
  rows.map((row) => rotation.map((axis) => axis.reduce((sum, x, j) => sum + x * row[j]!, 0)));
