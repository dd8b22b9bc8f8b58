/** Element by element `parts / wholes`; null (missing, not 0) where the whole is 0. */
export function ratios(parts: ArrayLike<number>, wholes: ArrayLike<number>): (number | null)[] {
  const out: (number | null)[] = [];
  for (let i = 0; i < parts.length; i++) out.push(wholes[i] === 0 ? null : parts[i]! / wholes[i]!);
  return out;
}

/** Every part of one whole; all null where the whole is 0. */
export function shares(parts: ArrayLike<number>, whole: number): (number | null)[] {
  const out: (number | null)[] = [];
  for (let i = 0; i < parts.length; i++) out.push(whole === 0 ? null : parts[i]! / whole);
  return out;
}

/** Mean of the present values; null where there is none. */
export function meanPresent(values: readonly (number | null)[]): number | null {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (value === null) continue;
    sum += value;
    count++;
  }
  return count === 0 ? null : sum / count;
}
