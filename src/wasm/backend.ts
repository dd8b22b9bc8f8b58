/**
 * The only place of this room that touches what TensorFlow.js does not promise. Each reliance is named here and checked
 * before anything is changed.
 *
 * - `tf.getKernel`, `registerKernel`, `unregisterKernel`, `getGradient`, `registerGradient`: public.
 * - `tf.backend_util.computeConv2DInfo` and its like for volumes and pooling: public, made for backends.
 * - `tf.engine().runKernel`, `registeredVariables`, `state.gradientDepth`: exported, undocumented.
 * - `backend.dataIdMap`, `makeOutput`, `typedArrayFromHeap`, `disposeData`, `incRef`: members of the wasm backend.
 * - `backend.wasm._malloc`, `_free`, `asm.memory`: what emscripten leaves on its module; the weakest link.
 */
import type { TfLike } from '../tf.ts';
import { UsageError } from '../usage-error.ts';
import type { Info, Operations } from './operations.ts';

export type { Info } from './operations.ts';

export type Shape = readonly number[];

/** Inputs of kernels: Info for the backend, and tensors for operations. */
export type Inputs = { readonly [name: string]: Info };
export type Attributes = { readonly [name: string]: unknown };

export interface KernelCall {
  readonly inputs: Inputs;
  readonly backend: WasmBackend;
  readonly attrs: Attributes;
}

export type KernelFunction = (call: KernelCall) => Info | Info[];

export interface KernelConfig {
  readonly kernelName: string;
  readonly backendName: string;
  readonly kernelFunc: KernelFunction;
  readonly setupFunc?: (backend: object) => void;
  readonly disposeFunc?: (backend: object) => void;
}

export interface GradientConfig {
  readonly kernelName: string;
  readonly inputsToSave?: readonly string[];
  readonly outputsToSave?: readonly boolean[];
  readonly saveAllInputs?: boolean;
  readonly gradFunc: (dy: Info | Info[], saved: Info[], attrs: Attributes) => { [input: string]: () => Info };
}

/** The wasm backend, as far as kernels need it. */
export interface WasmBackend {
  readonly dataIdMap: {
    get(dataId: object): { readonly memoryOffset: number | null };
    has(dataId: object): boolean;
  };
  makeOutput(shape: Shape, dtype: string): Info;
  typedArrayFromHeap(info: Info): Float32Array | Int32Array | Uint8Array;
  disposeData(dataId: object): boolean;
  incRef(dataId: object): void;
  readonly wasm: {
    _malloc(bytes: number): number;
    _free(address: number): void;
    readonly asm: { readonly memory: WasmMemory };
  };
}

/** Geometry of a 2D convolution as tfjs computes it; sizes in pixels. */
export interface ConvInfo {
  readonly batchSize: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly padInfo: { readonly top: number; readonly left: number; readonly front?: number };
  readonly inShape: number[];
  readonly outShape: number[];
  readonly filterShape: number[];
}

/** Geometry of a pooling; an image has no depth. */
export interface PoolInfo extends Omit<ConvInfo, 'outChannels' | 'filterShape'> {
  readonly inDepth?: number;
  readonly outDepth?: number;
  readonly filterDepth?: number;
  readonly strideDepth?: number;
  readonly dilationDepth?: number;
}

/** The namespace of a copy of tfjs, with what this room needs of it. */
export interface WasmTf extends TfLike, Operations {
  readonly version_core: string;
  backend(): object;
  getKernel(name: string, backend: string): KernelConfig | undefined;
  registerKernel(config: KernelConfig): void;
  unregisterKernel(name: string, backend: string): void;
  getGradient(name: string): GradientConfig | undefined;
  registerGradient(config: GradientConfig): void;
  unregisterGradient(name: string): void;
  readonly backend_util: {
    computeConv2DInfo(input: Shape, filter: Shape, ...rest: unknown[]): ConvInfo;
    computeConv3DInfo(input: Shape, filter: Shape, ...rest: unknown[]): Omit<PoolInfo, 'outChannels'>;
    computePool2DInfo(input: Shape, ...rest: unknown[]): PoolInfo;
    computePool3DInfo(input: Shape, ...rest: unknown[]): PoolInfo;
  };
}

/** The part of the WebAssembly interface that is needed; its types come only with those of browsers. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
interface WebAssemblyInterface {
  readonly Memory: new (...args: never[]) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}
export const { WebAssembly: wasmInterface } = globalThis as unknown as { WebAssembly: WebAssemblyInterface };

export const BACKEND = 'wasm';

/** Major version whose kernels and internals this was written for. */
const KNOWN_VERSION = /^4\./;

/**
 * The namespace, checked: throws a UsageError of one sentence on another backend, an unknown version, a wasm build with
 * threads. Changes nothing.
 */
export function checkedTf(tf: TfLike): WasmTf {
  const wide = tf as Partial<WasmTf>;
  if (typeof wide?.registerKernel !== 'function' || typeof wide.getKernel !== 'function') {
    throw new UsageError('Expected the namespace of @tensorflow/tfjs (import * as tf), which has tf.registerKernel.');
  }
  const version = wide.version_core ?? 'unknown';
  if (!KNOWN_VERSION.test(version)) {
    throw new UsageError(`Expected TensorFlow.js 4 for the wasm kernels, got ${version}: nothing was changed.`);
  }
  const name = startedBackend(tf);
  if (name !== BACKEND) {
    const got = name === '' || name === undefined ? 'none yet' : name;
    throw new UsageError(
      `Expected the wasm backend, got ${got}: call await tf.setBackend('wasm') and await tf.ready() first; ` +
        'nothing was changed.',
    );
  }
  const { wasm } = wide.backend!() as { wasm?: object };
  if (wasm !== undefined && isThreaded(wasm)) {
    throw new UsageError(
      "Expected the wasm build without threads: call tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false) before " +
        "tf.setBackend('wasm'); nothing was changed.",
    );
  }
  return wide as WasmTf;
}

/** The backend in use; undefined while none has started, where tfjs throws. */
function startedBackend(tf: TfLike): string | undefined {
  try {
    return tf.getBackend();
  } catch {
    return undefined;
  }
}

function isThreaded(wasm: object): boolean {
  const { asm } = wasm as { asm?: { memory?: { buffer: object } } };
  const shared = typeof SharedArrayBuffer !== 'undefined' && asm?.memory?.buffer instanceof SharedArrayBuffer;
  return shared || 'PThread' in wasm;
}

/** What is missing of the internals, as the name of the first thing; null where everything is there. */
export function missingInternal(backend: object): string | null {
  const candidate = backend as Partial<WasmBackend>;
  if (typeof candidate.dataIdMap?.get !== 'function' || typeof candidate.dataIdMap.has !== 'function') {
    return 'backend.dataIdMap';
  }
  for (const name of ['makeOutput', 'typedArrayFromHeap', 'disposeData', 'incRef'] as const) {
    if (typeof candidate[name] !== 'function') return `backend.${name}`;
  }
  const { wasm } = candidate;
  if (typeof wasm?._malloc !== 'function') return 'backend.wasm._malloc';
  if (typeof wasm._free !== 'function') return 'backend.wasm._free';
  return wasm.asm?.memory instanceof wasmInterface.Memory ? null : 'backend.wasm.asm.memory';
}

interface Engine {
  runKernel(name: string, inputs: Inputs, attrs?: Attributes): Info | Info[];
  readonly state: { readonly gradientDepth: number };
  readonly registeredVariables: { readonly [name: string]: Info };
}

/** Runs a kernel by name, on the tape. */
export function runKernel(tf: TfLike, name: string, inputs: Inputs, attrs: Attributes = {}): Info | Info[] {
  return (tf.engine() as Engine).runKernel(name, inputs, attrs);
}

/** How many gradients are being computed inside each other: 1 in training, more with a gradient penalty. */
export function gradientDepth(tf: TfLike): number {
  return (tf.engine() as Engine).state.gradientDepth;
}

/** The variable of that name. */
export function registeredVariable(tf: TfLike, name: string): Info | undefined {
  return (tf.engine() as Engine).registeredVariables[name];
}
