import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { printable } from '../printable.ts';
import type { TfLike } from '../tf.ts';
import { VERSION } from '../version.ts';
import { accelerateTraining, registerTrainingKernels, type WasmKernels } from '../wasm/index.ts';
import type { Command } from './command.ts';

const TFJS = '@tensorflow/tfjs';
const WASM = '@tensorflow/tfjs-backend-wasm';

interface Tfjs extends TfLike {
  readonly version_core: string;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  env(): { get(flag: string): unknown };
}

/** What was found; versions are null where a package is not installed. */
interface Findings {
  readonly classwatch: string;
  readonly node: string;
  readonly tfjs: string | null;
  /** Name of the backend that was looked at. */
  readonly backend: string | null;
  readonly simd: boolean | null;
  /** Sentences about what is missing or will not work. */
  readonly troubles: readonly string[];
  /** By kernel: after registerTrainingKernels, after accelerateTraining. */
  readonly kernels: { readonly [name: string]: readonly [string, string] };
}

/** What training on wasm has here: versions, and where each kernel comes from. */
export const doctor: Command = {
  help: 'say what training on wasm has here: versions, backend, and where each kernel comes from',
  operands: [],
  options: { json: { value: null, help: 'as a JSON object' } },
  async run(values, _operands, terminal) {
    const findings = await examine();
    await terminal.out(values.json ? `${JSON.stringify(findings, null, 2)}\n` : text(findings));
    return findings.troubles.length === 0 ? 0 : 1;
  },
};

async function examine(): Promise<Findings> {
  const none = { backend: null, simd: null, kernels: {} };
  const head = { classwatch: VERSION, node: process.version };
  const tf = await load<Tfjs>(TFJS);
  if (tf === null) return { ...head, ...none, tfjs: null, troubles: [missing(TFJS)] };
  const backend = await load<{ setWasmPaths(folder: string): void }>(WASM);
  if (backend === null) return { ...head, ...none, tfjs: tf.version_core, troubles: [missing(WASM)] };
  backend.setWasmPaths(`${dirname(createRequire(import.meta.url).resolve(WASM))}/`);
  try {
    await tf.setBackend('wasm');
    await tf.ready();
    const registered = undone(registerTrainingKernels(tf));
    const accelerated = undone(accelerateTraining(tf));
    const names = Object.keys(registered.kernels);
    const kernels = names.map((name) => [name, [registered.kernels[name]!, accelerated.kernels[name]!]] as const);
    const { obstacle } = accelerated;
    const troubles = obstacle === null ? [] : [`Nothing is accelerated, and kernels are composed: ${obstacle}.`];
    const simd = tf.env().get('WASM_HAS_SIMD_SUPPORT') === true;
    return {
      ...{ ...head, tfjs: tf.version_core, backend: tf.getBackend(), simd },
      ...{ troubles, kernels: Object.fromEntries(kernels) },
    };
  } catch (error) {
    return { ...head, ...none, tfjs: tf.version_core, troubles: [(error as Error).message] };
  }
}

/** The report of a call that is taken back at once. */
function undone(kernels: WasmKernels): WasmKernels {
  kernels.restore();
  return kernels;
}

const missing = (name: string) => `${name} is not installed: npm install ${name}.`;

/** A package that is there only if the user installed it. */
async function load<T>(name: string): Promise<T | null> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return null;
    throw error;
  }
}

function text({ classwatch, node, tfjs, backend, simd, troubles, kernels }: Findings): string {
  const lines = [`classwatch ${classwatch}, Node ${node}, TensorFlow.js ${tfjs ?? 'not installed'}`];
  if (backend !== null) lines.push(`backend ${backend}${simd ? ', SIMD' : ', no SIMD'}, one thread`);
  const width = Math.max(...Object.keys(kernels).map((name) => name.length));
  if (Object.keys(kernels).length > 0) {
    lines.push('', `${'KERNEL'.padEnd(width)}  REGISTERED  ACCELERATED`);
    for (const [name, [registered, accelerated]] of Object.entries(kernels)) {
      lines.push(`${name.padEnd(width)}  ${registered.padEnd(10)}  ${accelerated}`);
    }
    lines.push('', 'REGISTERED: after registerTrainingKernels(tf); ACCELERATED: after accelerateTraining(tf).');
  }
  return [...lines, ...troubles.map(printable)].map((line) => `${line}\n`).join('');
}
