import type { BlockCase } from './blocks.js';
import { cnn, mlp } from './networks.js';

/** Networks for backends of which some take seconds for what wasm does in milliseconds. */
export const plainCases = {
  'MLP 784-32-10, B = 64': { make: () => mlp([32], 10), input: [64, 784], classes: 10 },
  'CNN 4-8 + BatchNorm, 12 x 12, B = 16': { make: () => cnn(true, [4, 8], 12), input: [16, 12, 12, 1], classes: 10 },
  'MLP 784-32-10, B = 64, all metrics': { make: () => mlp([32], 10), input: [64, 784], classes: 10, all: true },
} satisfies Record<string, BlockCase>;

export type PlainName = keyof typeof plainCases;
