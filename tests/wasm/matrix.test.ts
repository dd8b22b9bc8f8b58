import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accelerateTraining, registerTrainingKernels, type WasmKernels } from '../../src/wasm/index.ts';
import { ROOT } from '../support/script.ts';
import { wasm } from '../support/tensorflow.ts';
import { distance, tf } from './backends.ts';
import { batchOf, CASES, type Case, modelOf } from './networks.ts';

/** Written anew, and not only compared, with CLASSWATCH_WRITE_DOCS=1: the times are those of the machine that ran it. */
const PAGE = join(ROOT, 'docs', 'wasm.md');
const WRITE = process.env.CLASSWATCH_WRITE_DOCS === '1';
const TOLERANCE = 1e-4;

interface Line {
  readonly trains: boolean;
  readonly stock: string;
  readonly error: number;
  readonly cpu: number | null;
  readonly registered: number;
  readonly accelerated: number;
}
const lines = new Map<string, Line>();

beforeAll(async () => {
  await wasm();
});

/** After something threw inside of a gradient, tfjs believes that it is still inside: later runs would not fuse, or leak. */
function recover(): void {
  const { state } = tf.engine() as unknown as {
    state: { gradientDepth: number; kernelDepth: number; activeTape: null };
  };
  Object.assign(state, { gradientDepth: 0, kernelDepth: 0, activeTape: null });
}

async function step(one: Case): Promise<{ weights: number[]; took: number }> {
  const model = modelOf(one);
  const { xs, ys } = batchOf(one);
  try {
    await model.trainOnBatch(xs, ys);
    const weights = model.trainableWeights.flatMap((weight) => [...weight.read().dataSync()]);
    // The first step sets things up; the time is that of the best of the next three.
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      await model.trainOnBatch(xs, ys);
      times.push(performance.now() - start);
    }
    return { weights, took: Math.min(...times) };
  } finally {
    model.dispose();
    tf.dispose([xs, ys]);
  }
}

const messageOf = async (f: () => Promise<unknown>) => {
  try {
    await f();
    return null;
  } catch (error) {
    recover();
    return (error as Error).message;
  }
};

/** Relative error of the gradient's length against a central difference of the loss along the gradient. */
function slopeError(one: Case): number {
  const model = modelOf(one);
  const { xs, ys } = batchOf(one);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const loss = () =>
    tf.tidy(() => tf.mean(tf.metrics.categoricalCrossentropy(ys, model.apply(xs, { training: true }) as tf.Tensor)));
  const { grads } = tf.variableGrads(loss as () => tf.Scalar, variables);
  const squared = variables.reduce((sum, { name }) => sum + tf.sum(tf.square(grads[name]!)).dataSync()[0]!, 0);
  const start = variables.map((variable) => variable.clone());
  const at = (share: number) => {
    variables.forEach((variable, i) => {
      variable.assign(tf.add(start[i]!, tf.mul(grads[variable.name]!, share)));
    });
    return loss().dataSync()[0]!;
  };
  const reach = 0.01 / Math.sqrt(squared);
  const slope = (at(reach) - at(-reach)) / (2 * reach);
  return Math.abs(slope - squared) / squared;
}

async function judge(one: Case): Promise<void> {
  const stock = (await messageOf(() => step(one))) ?? 'trains';
  const cpuNeeded = one.oracle !== 'numerical';
  await tf.setBackend('cpu');
  const cpu = cpuNeeded ? await step(one) : null;
  await tf.setBackend('wasm');
  const results: { error: number; took: number }[] = [];
  for (const prepare of [registerTrainingKernels, accelerateTraining]) {
    const handle: WasmKernels = prepare(tf);
    const { weights, took } = await step(one);
    const error = cpu === null ? slopeError(one) : distance(weights, cpu.weights);
    handle.restore();
    results.push({ error, took });
    expect(error, prepare.name).toBeLessThan(cpu === null ? 2e-2 : TOLERANCE);
  }
  const [registered, accelerated] = results as [{ error: number; took: number }, { error: number; took: number }];
  const error = Math.max(registered.error, accelerated.error);
  const times = { cpu: cpu?.took ?? null, registered: registered.took, accelerated: accelerated.took };
  lines.set(one.name, { trains: true, stock, error, ...times });
}

describe.each(CASES.filter(({ refused }) => refused === undefined))('$group', (one) => {
  test(`${one.name}: one step gives the right weights`, () => judge(one));
});

describe.each(CASES.filter(({ refused }) => refused !== undefined))('$group', (one) => {
  test(`${one.name}: refused by tfjs itself, on cpu too`, async () => {
    const handle = accelerateTraining(tf);
    const onWasm = await messageOf(() => step(one));
    handle.restore();
    await tf.setBackend('cpu');
    const onCpu = await messageOf(() => step(one));
    await tf.setBackend('wasm');
    expect(onWasm).toContain(one.refused);
    expect(onCpu).toContain(one.refused);
    lines.set(one.name, { trains: false, stock: onCpu!, error: 0, cpu: null, registered: 0, accelerated: 0 });
  });
});

test('there are at least sixty models', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(60);
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
});

test('docs/wasm.md lists every one of them', () => {
  if (WRITE) writeFileSync(PAGE, page());
  const text = readFileSync(PAGE, 'utf8');
  expect(CASES.filter(({ name }) => !text.includes(`| ${name} |`)).map(({ name }) => name)).toEqual([]);
});

const ms = (value: number | null) => (value === null ? '' : value.toFixed(1));
const short = (message: string) =>
  message
    .split(/[.:] |\n/)[0]!
    .replaceAll('|', '/')
    .slice(0, 90);

/** Keeps what stands above the matrix, and writes the matrix. */
function page(): string {
  const marker = '## The matrix';
  const text = readFileSync(PAGE, 'utf8');
  const head = text.slice(0, text.indexOf(marker));
  const rows = CASES.map(({ group, name, note }, i) => {
    const line = lines.get(name)!;
    const title = CASES[i - 1]?.group === group ? '' : `\n### ${group}\n\n${TABLE}\n`;
    const why = [line.trains && line.stock !== 'trains' ? `stock: ${short(line.stock)}` : '', note ?? ''];
    const remark = line.trains ? why.filter(Boolean).join('; ') : `on no backend: ${short(line.stock)}`;
    const measured = line.trains
      ? `${line.error.toExponential(0)} | ${ms(line.cpu)} | ${ms(line.registered)} | ${ms(line.accelerated)}`
      : ' | | | ';
    return `${title}| ${name} | ${line.trains ? 'yes' : 'no'} | ${measured} | ${remark} |`;
  });
  return `${head}${marker}\n${rows.join('\n')}\n`;
}
const TABLE =
  '| model | trains | error | cpu, ms | registered, ms | accelerated, ms | remark |\n|---|---|---|---|---|---|---|';

afterAll(recover);
