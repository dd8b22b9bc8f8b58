import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A temporary folder that is removed when the test ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'classwatch-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running script: its output so far, and its end. */
export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly finished: Promise<Finished>;
  /** Resolves with the first match in its output. */
  until(pattern: RegExp): Promise<RegExpMatchArray>;
}

/** What a user's script starts with: tfjs on the cpu backend, a tiny compiled model and data. */
const PREAMBLE = `
import * as tf from '@tensorflow/tfjs';
import { watch, callbacks } from 'classwatch';
tf.enableProdMode(); // Without the greeting of tfjs.
await tf.setBackend('cpu');
const xs = tf.randomNormal([48, 6], 0, 1, 'float32', 3);
const labels = Array.from({ length: 48 }, (_, i) => i % 3);
const ys = tf.oneHot(tf.tensor1d(labels, 'int32'), 3);
const model = tf.sequential();
model.add(tf.layers.dense({ units: 3, inputShape: [6], activation: 'softmax', kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }) }));
model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
const probe = { xs, ys };
`;

/** Runs a script of a user of the built package, after the preamble. `shell`: commands before it, such as limits. */
export function run(body: string, shell = ''): Running {
  const command = `${shell} exec "$0" --input-type=module -e "$1"`;
  return started(spawn('bash', ['-c', command, process.execPath, PREAMBLE + body], { cwd: ROOT }));
}

export function started(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (data) => {
    stdout += data;
  });
  child.stderr!.on('data', (data) => {
    stderr += data;
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const finished = new Promise<Finished>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  const output = () => stdout + stderr;
  const until = async (pattern: RegExp) => {
    const deadline = Date.now() + 110_000;
    for (;;) {
      const match = output().match(pattern);
      if (match) return match;
      if (Date.now() > deadline || child.exitCode !== null) throw new Error(`Expected ${pattern}, got: ${output()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, output, finished, until };
}
