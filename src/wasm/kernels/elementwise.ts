import type { Info, KernelFunction } from '../backend.ts';
import { Native } from '../native.ts';

const sizeOf = ({ shape }: Info) => shape.reduce((a, b) => a * b, 1);

/** A second handle on the same values instead of a copy, as the reshape kernel of tfjs gives it. */
export function shared(before: KernelFunction): KernelFunction {
  return (call) => {
    const { x } = call.inputs as { x: Info };
    // Identity comes without attributes.
    const dtype = (call.attrs as { dtype?: string } | undefined)?.dtype;
    if (x.dtype === 'string' || (dtype !== undefined && dtype !== x.dtype)) return before(call);
    call.backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  };
}

/** 1 where x > 0, else alpha: what the gradient of relu multiplies with. */
export function step(before: KernelFunction): KernelFunction {
  return (call) => {
    const { x } = call.inputs as { x: Info };
    if (x.dtype !== 'float32') return before(call);
    const out = call.backend.makeOutput(x.shape, 'float32');
    const native = Native.of(call.backend);
    native.simd.step!(native.address(x), sizeOf(x), Number(call.attrs.alpha ?? 0), native.address(out));
    return out;
  };
}
