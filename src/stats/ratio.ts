import type { SparseValues } from '../record.ts';
import { mean } from './mean.ts';

/** Element by element `parts / wholes`; missing, not 0, where the whole is 0. */
export function ratios(parts: ArrayLike<number>, wholes: ArrayLike<number>): SparseValues {
  const places: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (wholes[i] === 0) continue;
    places.push(i);
    values.push(parts[i]! / wholes[i]!);
  }
  return { length: parts.length, places, values };
}

/** Every part of one whole; all null where the whole is 0. */
export function shares(parts: ArrayLike<number>, whole: number): ArrayLike<number | null> {
  if (whole === 0) return new Array<null>(parts.length).fill(null);
  const out = new Float64Array(parts.length);
  for (let i = 0; i < parts.length; i++) out[i] = parts[i]! / whole;
  return out;
}

/** Mean of what is there; null where nothing is. */
export function meanPresent(values: ArrayLike<number | null>): number | null {
  const present = Array.from(values).filter((value) => value !== null);
  return present.length === 0 ? null : mean(present);
}
