/**
 * The known word that `word` was probably meant to be: the one with the fewest edits (letters added, left out, replaced, or swapped with the
 * next; case does not count), at most one for every three letters, or the first that begins with it. Null where none is near: a
 * guess that is far off misleads.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  const meant = word.toLowerCase();
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of known) {
    const distance = editDistance(meant, candidate.toLowerCase());
    if (distance >= least || distance > allowed(meant, candidate)) continue;
    least = distance;
    best = candidate;
  }
  return best ?? known.find((candidate) => meant.length > 1 && candidate.toLowerCase().startsWith(meant)) ?? null;
}

/** How a sentence goes on after an unknown word: with the one that is near, else with `otherwise`, which lists all unless it is given. */
export function didYouMean(
  word: string,
  known: readonly string[],
  shown: (name: string) => string = (name) => `"${name}"`,
  otherwise = `: expected ${known.map(shown).join(', ')}.`,
): string {
  const close = nearest(word, known);
  return close === null ? otherwise : `: did you mean ${shown(close)}?`;
}

/** Of one letter none is left after an edit. */
function allowed(word: string, candidate: string): number {
  return Math.min(word.length - 1, Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)));
}

/** Optimal string alignment. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1, swap));
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
