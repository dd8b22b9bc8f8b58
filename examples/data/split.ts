import { type Images, positionsByClass, take } from './images.ts';
import { seeded, shuffled } from './random.ts';

/**
 * Splits a set in two, class by class, so that both halves have the same shares of classes.
 * A class with two images or more has at least one in each half; a single image stays in `train`.
 */
export function split(
  images: Images,
  classes: number,
  testShare: number,
  seed: number,
): { train: Images; test: Images } {
  const random = seeded(seed);
  const train: number[] = [];
  const test: number[] = [];
  for (const positions of positionsByClass(images.labels, classes)) {
    const order = shuffled(positions, random);
    const forTest = Math.min(order.length - 1, Math.max(1, Math.round(testShare * order.length)));
    test.push(...order.slice(0, Math.max(0, forTest)));
    train.push(...order.slice(Math.max(0, forTest)));
  }
  return { train: take(images, shuffled(train, random)), test: take(images, shuffled(test, random)) };
}

/** At most `perClass` images of each class, chosen at random. */
export function sample(images: Images, classes: number, perClass: number, seed: number): Images {
  const random = seeded(seed);
  const chosen = positionsByClass(images.labels, classes).flatMap((positions) =>
    shuffled(positions, random).slice(0, perClass),
  );
  return take(images, shuffled(chosen, random));
}
