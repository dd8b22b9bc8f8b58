import type { GraphNode } from '../engine/graph.ts';
import type { Description } from './activation.ts';
import { drawsOf, type InitializerLike } from './initializer.ts';

const KINDS = { BatchNormalization: 'batchNorm', LayerNormalization: 'layerNorm' } as const;

/** Normalization as it begins, with a scale of 1 and an offset of 0 for every channel; null for any other class. */
export function describeNormalization({ className, config, shape }: GraphNode): Description | null {
  if (!Object.hasOwn(KINDS, className)) return null;
  const axes = [config.axis].flat().map(Number);
  if (!axes.every((axis) => axis === -1 || axis === shape.length - 1)) {
    return `normalizes axis ${axes.join(', ')}: theory has it for the last one, the units or channels.`;
  }
  if (config.scale !== false && !begins(config.gammaInitializer, 1)) {
    return 'begins with a scale (gamma) that is not 1 for every channel.';
  }
  if (config.center !== false && !begins(config.betaInitializer, 0)) {
    return 'begins with an offset (beta) that is not 0 for every channel.';
  }
  return [{ kind: KINDS[className as keyof typeof KINDS] }];
}

function begins(initializer: unknown, value: number): boolean {
  const draws = drawsOf((initializer ?? {}) as InitializerLike, [1]);
  return draws !== null && draws.mean === value && draws.variance === 0;
}
