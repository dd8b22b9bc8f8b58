import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface Digits {
  /** 784 values of 0 to 1 each, one image after the other. */
  readonly images: Float32Array;
  readonly labels: Uint8Array;
}

/** The ten thousand digits that lie beside the project; null where they do not. */
export function readDigits(): Digits | null {
  const read = (name: string) => {
    const file = new URL(`../../../shared/data/mnist/t10k-${name}-ubyte.gz`, import.meta.url);
    return existsSync(file) ? gunzipSync(readFileSync(file)) : null;
  };
  const [images, labels] = [read('images-idx3'), read('labels-idx1')];
  if (images === null || labels === null) return null;
  return {
    images: Float32Array.from(images.subarray(16), (value) => value / 255),
    labels: Uint8Array.from(labels.subarray(8)),
  };
}
