import { readFileSync } from 'node:fs';

/** Values of tests/fixtures; the definition of each travels inside its file. */
export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
}

/** Not further apart than `tolerance`; null only where null is expected. */
export function off(got: number | null | undefined, expected: number | null): number {
  if (got === undefined) return Infinity;
  if (got === null || expected === null) return got === expected ? 0 : Infinity;
  return Math.abs(got - expected);
}
