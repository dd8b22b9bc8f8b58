import type { TfLike } from '../tf.ts';
import { checkedTf, missingInternal } from './backend.ts';
import { Native } from './native.ts';

/** Our SIMD code in the memory of the backend in use; null on other backends, with threads, or where internals moved. */
export function nativeOf(tf: TfLike): Native | null {
  try {
    const backend = checkedTf(tf).backend();
    return missingInternal(backend) === null ? Native.of(backend as never) : null;
  } catch {
    return null;
  }
}
