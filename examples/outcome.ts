/** What a trained model does on the probe set: a table for the terminal, a file for those who want to check. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { BadInput } from './data/bad-input.ts';
import type { DataSet } from './data/dataset.ts';
import { countClasses } from './data/images.ts';

/** Number of probe images of each class that the model recognises. */
export function countHits(model: LayersModel, inputs: Tensor, { probe, classNames }: DataSet): number[] {
  const guesses = (model.predict(inputs) as Tensor).argMax(-1);
  const hits = classNames.map(() => 0);
  guesses.dataSync().forEach((guess, i) => {
    if (guess === probe.labels[i]) hits[guess]!++;
  });
  guesses.dispose();
  return hits;
}

/** One row per class: how many images it was trained on, how many it was tested on, and its recall. */
export function recallTable({ train, probe, classNames }: DataSet, hits: readonly number[]): string {
  const trained = countClasses(train.labels, classNames.length);
  const tested = countClasses(probe.labels, classNames.length);
  const width = Math.max(5, ...classNames.map((name) => name.length));
  const row = (...[name, ...rest]: readonly [string, ...string[]]) =>
    name.padEnd(width) + rest.map((cell) => cell.padStart(9)).join('');
  const recall = (c: number) => (tested[c]! > 0 ? `${((100 * hits[c]!) / tested[c]!).toFixed(1)} %` : '-');
  return [
    row('class', 'trained', 'probe', 'recall'),
    ...classNames.map((name, c) => row(name, String(trained[c]), String(tested[c]), recall(c))),
  ].join('\n');
}

/**
 * Writes one JSON file: the model's topology, its weights (base64 of little-endian float32), and the probe set
 * (base64 of bytes; inputs are pixels / 255).
 */
export function save(path: string, model: LayersModel, { probe, classNames }: DataSet): void {
  const weights = model.weights.map((weight) => {
    const value = weight.read();
    return { name: weight.name, shape: value.shape, values: base64(value.dataSync() as Float32Array) };
  });
  const set = { shape: probe.shape, pixels: base64(probe.pixels), labels: base64(probe.labels) };
  const content = { classNames, topology: model.toJSON(null, false), weights, probe: set };
  writeFileSync(path, JSON.stringify(content));
}

/** Throws BadInput if a file cannot be written: better before training than after it. */
export function checkWritable(path: string): void {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    const reason = (error as Error).message;
    throw new BadInput(`--save: expected a file that can be written, got "${reason}"; give another path.`);
  }
}

function base64(values: Float32Array | Uint8Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}
