import type { GraphNode } from '../engine/graph.ts';
import type { Description } from './activation.ts';
import { product } from './initializer.ts';

const LOCAL: Readonly<Record<string, 'maxPool' | 'avgPool'>> = {
  MaxPooling1D: 'maxPool',
  MaxPooling2D: 'maxPool',
  MaxPooling3D: 'maxPool',
  AveragePooling1D: 'avgPool',
  AveragePooling2D: 'avgPool',
  AveragePooling3D: 'avgPool',
};

const GLOBAL: Readonly<Record<string, 'maxPool' | 'globalAvgPool'>> = {
  GlobalMaxPooling1D: 'maxPool',
  GlobalMaxPooling2D: 'maxPool',
  GlobalAveragePooling1D: 'globalAvgPool',
  GlobalAveragePooling2D: 'globalAvgPool',
};

/** Pooling by the number of units in a pool, which are taken for independent; null for any other class. */
export function describePooling({ className, config, inputs }: GraphNode): Description | null {
  if (Object.hasOwn(LOCAL, className)) {
    const size = product([config.poolSize].flat().map(Number));
    return size >= 1 ? [{ kind: LOCAL[className]!, size }] : 'does not tell the size of its pools.';
  }
  if (!Object.hasOwn(GLOBAL, className)) return null;
  const places = placesOf(inputs[0]?.shape ?? [], config.dataFormat === 'channelsFirst');
  return places === null
    ? 'pools an input whose size is not fixed: the number of pooled units is not known.'
    : [{ kind: GLOBAL[className]!, size: places }];
}

function placesOf(shape: readonly (number | null)[], channelsFirst: boolean): number | null {
  const places = channelsFirst ? shape.slice(2) : shape.slice(1, -1);
  return fixed(places) ? product(places) : null;
}

export function fixed(lengths: readonly (number | null)[]): lengths is readonly number[] {
  return lengths.length > 0 && lengths.every((length) => typeof length === 'number' && length > 0);
}
