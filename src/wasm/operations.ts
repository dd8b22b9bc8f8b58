/** What a kernel takes and gives: tfjs calls it TensorInfo. */
export interface Info {
  readonly dataId: object;
  shape: number[];
  readonly dtype: string;
}

/** The plain operations of tfjs that compositions use; each takes and gives tensors. */
export interface Operations {
  tidy<T>(f: () => T): T;
  keep<T>(tensor: T): T;
  reshape(x: Info, shape: readonly number[]): Info;
  transpose(x: Info, perm?: readonly number[]): Info;
  cast(x: Info, dtype: string): Info;
  pad(x: Info, paddings: readonly (readonly [number, number])[], value?: number): Info;
  slice(x: Info, begin: readonly number[], size: readonly number[]): Info;
  stridedSlice(x: Info, begin: readonly number[], end: readonly number[], strides: readonly number[]): Info;
  concat(xs: readonly Info[], axis: number): Info;
  matMul(a: Info, b: Info, transposeA?: boolean, transposeB?: boolean): Info;
  add(a: Info, b: Info): Info;
  sub(a: Info, b: Info | number): Info;
  mul(a: Info, b: Info | number): Info;
  maximum(a: Info, b: Info): Info;
  equal(a: Info, b: Info): Info;
  logicalAnd(a: Info, b: Info): Info;
  logicalNot(x: Info): Info;
  sum(x: Info, axis?: number | readonly number[], keepDims?: boolean): Info;
  oneHot(x: Info, depth: number): Info;
  zeros(shape: readonly number[], dtype?: string): Info;
  ones(shape: readonly number[], dtype?: string): Info;
  tensor(values: readonly number[], shape?: readonly number[]): Info & { dataSync(): Float32Array };
  conv3d(x: Info, filter: Info, strides: unknown, pad: unknown): Info & { dataSync(): Float32Array };
  maxPool3d(x: Info, size: number, strides: number, pad: string): Info & { dataSync(): Float32Array };
  maxPool(x: Info, size: number, strides: number, pad: string): Info;
  grads(f: (x: Info, y: Info) => Info): (xs: Info[]) => (Info & { dataSync(): Float32Array })[];
  grad(f: (x: Info) => Info): (x: Info) => Info & { dataSync(): Float32Array };
  einsum(equation: string, ...tensors: Info[]): Info;
}
