/** Labelled images as bytes. */
export interface Images {
  /** One after the other, each row by row: [count, height, width, channels]. */
  readonly pixels: Uint8Array;
  /** The class of each image. */
  readonly labels: Uint8Array;
  /** Of one image: height, width, channels. */
  readonly shape: readonly [number, number, number];
}

/** Bytes of one image. */
export function imageSize({ shape }: Images): number {
  return shape[0] * shape[1] * shape[2];
}

/** The images at these positions, in this order. */
export function take(images: Images, positions: readonly number[]): Images {
  const size = imageSize(images);
  const pixels = new Uint8Array(positions.length * size);
  positions.forEach((position, i) => {
    pixels.set(images.pixels.subarray(position * size, (position + 1) * size), i * size);
  });
  return { pixels, labels: Uint8Array.from(positions, (position) => images.labels[position]!), shape: images.shape };
}

/** For each class the positions of its images, in order. */
export function positionsByClass(labels: Uint8Array, classes: number): number[][] {
  const positions: number[][] = Array.from({ length: classes }, () => []);
  labels.forEach((label, i) => {
    positions[label]!.push(i);
  });
  return positions;
}

/** How many images each class has. */
export function countClasses(labels: Uint8Array, classes: number): number[] {
  return positionsByClass(labels, classes).map((positions) => positions.length);
}
