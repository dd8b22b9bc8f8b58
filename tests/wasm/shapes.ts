import * as fc from 'fast-check';
import type { Axis, Geometry } from './reference.ts';

type Padding = 'same' | 'valid' | number | number[][];

/** Where the first window of an axis starts, and how many there are: the rule of tfjs. */
function axisOf(
  [input, size, stride, dilation]: readonly [number, number, number, number],
  pad: 'same' | 'valid' | [number, number],
  volume: boolean,
): Axis {
  const reach = (size - 1) * dilation + 1;
  if (pad === 'same') {
    const output = Math.ceil(input / stride);
    // Of a volume, tfjs cuts off what a window smaller than its stride would not see, on both sides.
    const all = Math.max(volume ? Number.NEGATIVE_INFINITY : 0, (output - 1) * stride + reach - input);
    return { input, output, size, stride, dilation, before: Math.floor(all / 2) };
  }
  const [before, after] = pad === 'valid' ? [0, 0] : pad;
  return { input, output: Math.floor((input - reach + before + after) / stride) + 1, size, stride, dilation, before };
}

export interface Window {
  readonly geometry: Geometry;
  readonly pad: Padding;
  readonly strides: number[];
  readonly dilations: number[];
  readonly seed: number;
}

const spans = (rank: number, max: number) =>
  fc.array(fc.integer({ min: 1, max }), { minLength: rank, maxLength: rank });

/** Random windows over images (rank 2) or volumes (rank 3): every stride, dilation and padding that tfjs takes. */
export function windows(
  rank: 2 | 3,
  { dilated = true, explicit = true, channels = 6, input = 9 } = {},
): fc.Arbitrary<Window> {
  const paddings: fc.Arbitrary<Padding>[] = [fc.constant('same'), fc.constant('valid'), fc.integer({ min: 0, max: 2 })];
  const pair = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })).map((both) => [...both]);
  if (explicit) paddings.push(fc.tuple(pair, pair).map(([a, b]) => [[0, 0], a, b, [0, 0]]));
  return fc
    .record({
      batch: fc.integer({ min: 1, max: 3 }),
      channels: fc.integer({ min: 1, max: channels }),
      inputs: spans(rank, input),
      sizes: spans(rank, 4),
      strides: spans(rank, 3),
      dilations: dilated ? spans(rank, 2) : fc.constant(Array.from({ length: rank }, () => 1)),
      pad: fc.oneof(...paddings),
      seed: fc.integer({ min: 1, max: 1 << 20 }),
    })
    .map(({ batch, channels, inputs, sizes, strides, dilations, pad, seed }) => {
      // tfjs takes strides or dilations, not both.
      const steps = dilations.some((n) => n > 1) ? strides.map(() => 1) : strides;
      const axes = inputs.map((n, i) => {
        const own = [n, sizes[i]!, steps[i]!, dilations[i]!] as const;
        if (typeof pad === 'string') return axisOf(own, pad, rank === 3);
        if (Array.isArray(pad)) return axisOf(own, [pad[i + 1]![0]!, pad[i + 1]![1]!], false);
        if (rank === 3) return axisOf(own, [pad, pad], true);
        // With a number for images, tfjs takes size and stride of the first axis to count the windows of every axis.
        const { output } = axisOf([n, sizes[0]!, steps[0]!, dilations[0]!], [pad, pad], false);
        return { ...axisOf(own, [pad, pad], false), output };
      });
      return { geometry: { batch, channels, axes }, pad, strides: steps, dilations, seed };
    })
    .filter(({ geometry, pad }) =>
      geometry.axes.every(({ output, size, before }) => output > 0 && (typeof pad === 'string' || before < size)),
    );
}
