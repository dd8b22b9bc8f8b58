import { type Images, positionsByClass, take } from './images.ts';
import { seeded, shuffled } from './random.ts';

/**
 * How many images each class keeps in a long tail: class c of C gets head * ratio^(-c / (C - 1)), so that the first
 * class is the most frequent and the last one `ratio` times rarer. `head` is as large as the data allow. A class that
 * has any images keeps at least one; ratio 1 keeps everything.
 */
export function longTail(available: readonly number[], ratio: number): number[] {
  if (ratio === 1) return available.slice();
  const share = (c: number) => ratio ** (-c / (available.length - 1));
  const head = Math.min(...available.map((count, c) => (count > 0 ? count / share(c) : Infinity)));
  return available.map((count, c) => Math.min(count, Math.max(1, Math.round(head * share(c)))));
}

/** Cuts a set down to a long tail (`longTail`), choosing at random which images stay. */
export function imbalance(images: Images, classes: number, ratio: number, seed: number): Images {
  const positions = positionsByClass(images.labels, classes);
  const keep = longTail(
    positions.map((list) => list.length),
    ratio,
  );
  const random = seeded(seed);
  return take(
    images,
    positions.flatMap((list, c) => shuffled(list, random).slice(0, keep[c])),
  );
}
