/** Sliding windows tap by tap, out of plain operations: `patch` reads what one tap of a filter sees, `spread` is its transpose. */
import type { Info, WasmTf } from './backend.ts';

/** One spatial axis of a sliding window; `before` counts zeros in front, negative where the first values go unseen. */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
}

type Tap = readonly number[];

/** How far a frame of the input reaches: as far as the last window. */
const reach = ({ output, size, stride, dilation }: Axis) => (output - 1) * stride + (size - 1) * dilation + 1;

export function tapsOf(axes: readonly Axis[]): Tap[] {
  return axes.reduce<Tap[]>(
    (taps, { size }) => taps.flatMap((tap) => Array.from({ length: size }, (_, i) => [...tap, i])),
    [[]],
  );
}

/** Puts x [batch, ...spatial, channels] into a frame filled with `value`. */
export function framed(tf: WasmTf, x: Info, axes: readonly Axis[], value = 0): Info {
  const paddings = axes.map((axis) => {
    return [Math.max(0, axis.before), Math.max(0, reach(axis) - axis.before - axis.input)] as const;
  });
  return tf.pad(x, [[0, 0], ...paddings, [0, 0]], value);
}

/** What one tap sees of a frame: [batch, ...output, channels]. */
export function patch(tf: WasmTf, frame: Info, axes: readonly Axis[], tap: Tap): Info {
  const begin = axes.map(({ dilation, before }, i) => tap[i]! * dilation + Math.max(0, -before));
  const end = axes.map(({ output, stride }, i) => begin[i]! + (output - 1) * stride + 1);
  const [batch, channels] = [frame.shape[0]!, frame.shape.at(-1)!];
  const steps = axes.map(({ stride }) => stride);
  return tf.stridedSlice(frame, [0, ...begin, 0], [batch, ...end, channels], [1, ...steps, 1]);
}

/** Sends values of one tap [batch, ...output, channels] back to where it saw them: [batch, ...input, channels]. */
export function spread(tf: WasmTf, x: Info, axes: readonly Axis[], tap: Tap): Info {
  return axes.reduce((from, axis, i) => {
    return spreadAxis(tf, from, i + 1, axis, tap[i]! * axis.dilation + Math.max(0, -axis.before));
  }, x);
}

/** Along one axis: value j goes to j * stride + offset - before; what falls outside of the input is dropped. */
function spreadAxis(tf: WasmTf, x: Info, position: number, axis: Axis, offset: number): Info {
  const { input, output, stride } = axis;
  const before = Math.max(0, axis.before);
  const outer = x.shape.slice(0, position).reduce((a, b) => a * b, 1);
  const inner = x.shape.slice(position + 1).reduce((a, b) => a * b, 1);
  const apart = tf.pad(tf.reshape(x, [outer, output, 1, inner]), [
    [0, 0],
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
  const length = output * stride;
  const room = Math.max(reach(axis) + Math.max(0, -axis.before), before + input) + stride;
  const frame = tf.pad(tf.reshape(apart, [outer, length, inner]), [
    [0, 0],
    [offset, Math.max(0, room - offset - length)],
    [0, 0],
  ]);
  const cut = tf.slice(frame, [0, before, 0], [outer, input, inner]);
  return tf.reshape(cut, [...x.shape.slice(0, position), input, ...x.shape.slice(position + 1)]);
}

export const total = (tf: WasmTf, parts: readonly Info[]) => parts.reduce((sum, part) => tf.add(sum, part));
