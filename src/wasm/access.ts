import type { TfLike } from '../tf.ts';
import { BACKEND, checkedTf, missingInternal } from './backend.ts';
import { Native } from './native.ts';

/** Of each backend that was looked at. */
const known = new WeakMap<object, Native | null>();

/** Our SIMD code in the memory of the backend in use; null on other backends, with threads, or where internals moved. */
export function nativeOf(tf: TfLike): Native | null {
  if (tf.getBackend() !== BACKEND) return null;
  const backend = (tf as { backend?(): object }).backend?.();
  if (backend === undefined) return null;
  let native = known.get(backend);
  if (native === undefined) {
    native = accessTo(tf, backend);
    known.set(backend, native);
  }
  return native;
}

function accessTo(tf: TfLike, backend: object): Native | null {
  try {
    checkedTf(tf);
    return missingInternal(backend) === null ? Native.of(backend as never) : null;
  } catch {
    return null;
  }
}
