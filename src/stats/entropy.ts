/** exp of the entropy of counts, 1 to their number: how many classes there would be if all were equally frequent. Null where all are 0. */
export function effectiveNumber(counts: ArrayLike<number>): number | null {
  let total = 0;
  for (let c = 0; c < counts.length; c++) total += counts[c]!;
  if (total === 0) return null;
  let entropy = 0;
  for (let c = 0; c < counts.length; c++) {
    const share = counts[c]! / total;
    if (share > 0) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}
