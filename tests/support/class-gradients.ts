import type { ClassGradients } from '../../src/capture/gradients/class-gradients.ts';

/** The gradient that one example causes, as plain numbers, and its class (-1: unknown). */
export interface ExampleGradient {
  readonly label: number;
  readonly gradient: readonly number[];
}

/** Class gradients of one step worked out from the gradients of its examples, as slowly as they are defined. */
export function classGradientsOf(
  examples: readonly ExampleGradient[],
  parts: Partial<ClassGradients> & { readonly update?: readonly number[] } = {},
): ClassGradients {
  const { update, ...given } = parts;
  const width = examples[0]?.gradient.length ?? 0;
  const present = [...new Set(examples.map(({ label }) => label))].filter((c) => c >= 0).sort((a, b) => a - b);
  const own = (c: number) => examples.filter(({ label }) => label === c).map(({ gradient }) => gradient);
  const sums = present.map((c) => addUp(own(c), width));
  const whole = addUp(
    examples.map(({ gradient }) => gradient),
    width,
  );
  const half = Math.ceil(width / 2);
  const layers = [0, half].flatMap((from) =>
    sums.map((g) => dot(g.slice(from, from + half), g.slice(from, from + half))),
  );
  return {
    present: Int32Array.from(present),
    counts: Int32Array.from(present, (c) => own(c).length),
    gram: Float64Array.from(sums.flatMap((a) => sums.map((b) => dot(a, b)))),
    along: Float64Array.from(sums, (g) => dot(g, whole)),
    total: dot(whole, whole),
    squares: Float64Array.from(present, (c) => own(c).reduce((sum, g) => sum + dot(g, g), 0)),
    layers: ['first', 'second'],
    layerSquares: layers,
    alongUpdate: update ? Float64Array.from(sums, (g) => -dot(g, update)) : null,
    previousDominant: null,
    ...given,
  };
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

export function addUp(vectors: readonly (readonly number[])[], width: number): number[] {
  return Array.from({ length: width }, (_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0));
}
