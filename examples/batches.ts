import type { TensorFlow } from './backend.ts';
import { type Images, imageSize } from './data/images.ts';
import { type Random, shuffled } from './data/random.ts';

/** The images at these positions as inputs in [0, 1], one row each, and their labels one-hot. */
export function toTensors(tf: TensorFlow, images: Images, classes: number, positions: readonly number[]) {
  const size = imageSize(images);
  const rows = new Float32Array(positions.length * size);
  positions.forEach((position, i) => {
    for (let k = 0; k < size; k++) rows[i * size + k] = images.pixels[position * size + k]! / 255;
  });
  const labels = Int32Array.from(positions, (position) => images.labels[position]!);
  const ys = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), classes).toFloat());
  return { xs: tf.tensor2d(rows, [positions.length, size]), ys };
}

/** All images as tensors, in order. */
export function allTensors(tf: TensorFlow, images: Images, classes: number) {
  return toTensors(tf, images, classes, positionsOf(images));
}

/** Batch after batch without end, the images in a new random order in each epoch; the last batch of an epoch may be small. */
export function* batches(tf: TensorFlow, images: Images, classes: number, batchSize: number, random: Random) {
  for (;;) {
    const order = shuffled(positionsOf(images), random);
    for (let start = 0; start < order.length; start += batchSize) {
      yield toTensors(tf, images, classes, order.slice(start, start + batchSize));
    }
  }
}

function positionsOf({ labels }: Images): number[] {
  return Array.from(labels, (_, position) => position);
}
