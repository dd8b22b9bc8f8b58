import type { Info, KernelFunction } from '../backend.ts';
import { Native } from '../native.ts';

export const ADAM = 'TrainingAdam';

/** One Adam update in one pass: weight, first and second moment, gradient to the three new ones. */
export const adam: KernelFunction = ({ inputs, backend, attrs }) => {
  const { weight, first, second, gradient } = inputs as { [name: string]: Info };
  const out = [0, 1, 2].map(() => backend.makeOutput(weight!.shape, 'float32'));
  const native = Native.of(backend);
  const { beta1, beta2, unbias1, unbias2, rate, epsilon } = attrs as { [name: string]: number };
  const count = weight!.shape.reduce((a, b) => a * b, 1);
  native.simd.adam!(
    ...[weight!, first!, second!, gradient!].map((info) => native.address(info)),
    ...[count, beta1!, beta2!, unbias1!, unbias2!, rate!, epsilon!],
    ...out.map((info) => native.address(info)),
  );
  return out;
};
