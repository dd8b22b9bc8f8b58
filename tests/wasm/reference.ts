/** Convolutions and pooling straight from their definition, in double precision: an oracle of our own. */

export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
}

export interface Geometry {
  readonly batch: number;
  readonly channels: number;
  readonly axes: readonly Axis[];
}

/** Calls back for every pair of an output position and a tap that lies inside of the input, as flat indices. */
function walk({ batch, axes }: Geometry, visit: (output: number, input: number, tap: number) => void): void {
  const outputs = axes.reduce((n, { output }) => n * output, 1);
  const taps = axes.reduce((n, { size }) => n * size, 1);
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outputs; o++) {
      for (let t = 0; t < taps; t++) {
        const input = position(axes, o, t);
        if (input >= 0) visit(b * outputs + o, b * axes.reduce((n, axis) => n * axis.input, 1) + input, t);
      }
    }
  }
}

function position(axes: readonly Axis[], output: number, tap: number): number {
  let input = 0;
  let scale = 1;
  for (const axis of [...axes].reverse()) {
    const at = (output % axis.output) * axis.stride + (tap % axis.size) * axis.dilation - axis.before;
    if (at < 0 || at >= axis.input) return -1;
    input += at * scale;
    scale *= axis.input;
    output = Math.floor(output / axis.output);
    tap = Math.floor(tap / axis.size);
  }
  return input;
}

const outputsOf = ({ batch, axes }: Geometry) => axes.reduce((n, { output }) => n * output, batch);

/** x [batch, ..., channels], filter [taps, channels, columns] to [batch, ..., columns]. */
export function convolve(geometry: Geometry, columns: number, x: ArrayLike<number>, filter: ArrayLike<number>) {
  const { channels } = geometry;
  const y = new Float64Array(outputsOf(geometry) * columns);
  walk(geometry, (output, input, tap) => {
    for (let i = 0; i < channels; i++) {
      for (let j = 0; j < columns; j++) {
        y[output * columns + j]! += x[input * channels + i]! * filter[(tap * channels + i) * columns + j]!;
      }
    }
  });
  return y;
}

/** The same with one filter per channel: filter [taps, channels, multiplier]. */
export function convolveDepthwise(geometry: Geometry, copies: number, x: ArrayLike<number>, filter: ArrayLike<number>) {
  const { channels } = geometry;
  const y = new Float64Array(outputsOf(geometry) * channels * copies);
  walk(geometry, (output, input, tap) => {
    for (let i = 0; i < channels; i++) {
      for (let j = 0; j < copies; j++) {
        const column = i * copies + j;
        y[output * channels * copies + column]! +=
          x[input * channels + i]! * filter[(tap * channels + i) * copies + j]!;
      }
    }
  });
  return y;
}

export function maxPool(geometry: Geometry, x: ArrayLike<number>): Float64Array {
  const { channels } = geometry;
  const y = new Float64Array(outputsOf(geometry) * channels).fill(Number.NEGATIVE_INFINITY);
  walk(geometry, (output, input) => {
    for (let i = 0; i < channels; i++) {
      const at = output * channels + i;
      y[at] = Math.max(y[at]!, x[input * channels + i]!);
    }
  });
  return y;
}
