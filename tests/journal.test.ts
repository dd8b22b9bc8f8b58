import { describe, expect, test } from 'vitest';
import type { ClassGradients } from '../src/capture/gradients/class-gradients.ts';
import { Snapshot } from '../src/capture/snapshot.ts';
import { Journal, type ShownRecord } from '../src/journal.ts';
import { defineMetric } from '../src/metric.ts';
import { metrics } from '../src/metrics/index.ts';
import { classGradientsOf } from './support/class-gradients.ts';

function listening(of = metrics) {
  const records: ShownRecord[] = [];
  const sentences: string[] = [];
  const journal = new Journal('run', of, { write: () => {}, send: () => {} }, (sentence) => sentences.push(sentence));
  journal.listen((record) => records.push(record), 'A listener');
  const measured = (step: number) =>
    records.flatMap((r) => (r.kind === 'measurement' && r.step === step ? [r.metric] : []));
  const declared = (id: string) => records.find((r) => r.kind === 'metric' && r.body.id === id);
  return { journal, records, sentences, measured, declared };
}

const gradients = (parts: Partial<ClassGradients> = {}) =>
  classGradientsOf(
    [
      { label: 0, gradient: [1, 2] },
      { label: 2, gradient: [3, -1] },
    ],
    { update: [1, 0], ...parts },
  );

function at(step: number, parts: { gradients?: ClassGradients; due?: boolean; stream?: string } = {}): Snapshot {
  const update = { gradientNorm: 1, updateNorm: 1, measuredUpdateNorm: 1, weightNorm: 1 };
  return new Snapshot({ stream: 'train', step, classes: 3, gradients: gradients(), update, ...parts });
}

describe('what is measured on schedule', () => {
  test('is left out at a step that is not due, on training batches and on the model', () => {
    const { journal, measured } = listening();
    for (const stream of ['train', 'model']) {
      journal.measure(at(0, { stream }), null);
      journal.measure(at(1, { stream, due: false }), null);
    }
    const scheduled = ['class-grad-cosine', 'class-update-alignment', 'layer-grad-norm', 'update-norm', 'update-ratio'];
    expect(measured(0)).toEqual(expect.arrayContaining(scheduled));
    expect(measured(1)).toEqual(measured(0).filter((id) => !scheduled.includes(id)));
    expect(measured(1)).toEqual(expect.arrayContaining(['class-grad-norm', 'gradient-norm']));
  });

  test('is not even asked for', () => {
    const asked: number[] = [];
    const probing = defineMetric({
      id: 'mine',
      help: 'Counts.',
      axes: [],
      streams: ['train'],
      cadence: 'schedule',
      panels: [],
      measure: ({ step }) => asked.push(step),
    });
    const { journal } = listening([probing]);
    for (const step of [0, 1, 2]) journal.measure(at(step, { due: step === 2 }), null);
    expect(asked).toEqual([2]);
  });
});

describe('a listener that throws', () => {
  test('is named as the user has passed it, once, and the others hear on', () => {
    const { journal, sentences, measured } = listening();
    const broken = () => {
      throw new Error('mine');
    };
    journal.listen(broken, 'onRecord');
    for (const step of [0, 1]) journal.measure(at(step), null);
    expect(sentences).toEqual(['onRecord failed; training goes on. mine']);
    expect(measured(1)).toEqual(measured(0));
  });
});

describe('the layers of a metric', () => {
  test('come by name with its first measurement, long names cut', () => {
    const { journal, declared, records } = listening();
    journal.measure(at(0, { gradients: gradients({ layers: ['dense', 'x'.repeat(999)] }) }), null);
    expect(declared('layer-grad-norm')).toMatchObject({
      body: { axes: [{ name: 'layer', labels: ['dense', `${'x'.repeat(255)}…`] }, 'class'] },
    });
    expect(records.find((r) => r.kind === 'measurement' && r.metric === 'layer-grad-norm')).toMatchObject({
      shape: [2, 3],
    });
  });

  test('are those of the first step that measured any', () => {
    const { journal, measured, declared } = listening();
    journal.measure(new Snapshot({ stream: 'train', step: 0, classes: 3 }), null);
    expect(declared('layer-grad-norm')).toBeUndefined();
    journal.measure(at(1), null);
    expect(measured(1)).toContain('layer-grad-norm');
  });

  test.each([
    ['more of them', ['first', 'second', 'third'], 3],
    ['others', ['first', 'other'], 2],
  ])('are not mixed with %s later: skipped, and said once', (_, layers, length) => {
    const { journal, measured, sentences } = listening();
    const later = gradients({ layers, layerSquares: new Array(2 * layers.length).fill(1) });
    journal.measure(at(0), null);
    for (const step of [1, 2]) journal.measure(at(step, { gradients: later }), null);
    journal.measure(at(3), null);
    expect([0, 1, 2, 3].map((step) => measured(step).includes('layer-grad-norm'))).toEqual([true, false, false, true]);
    expect(measured(1)).toContain('class-grad-cosine');
    expect(sentences).toEqual([
      'The metric layer-grad-norm failed and is not measured; training goes on. Expected the 2 layers of the first ' +
        `measurement, got ${length}, or others: give another model a run of its own.`,
    ]);
  });

  test('are needed by a metric of layers: without class gradients it is skipped with a sentence', () => {
    const mine = defineMetric({
      id: 'mine',
      help: 'By layer.',
      axes: ['layer'],
      streams: ['model'],
      cadence: 'step',
      panels: [],
      measure: () => [1, 2],
    });
    const { journal, sentences, records } = listening([mine]);
    journal.measure(new Snapshot({ stream: 'model', step: 0, classes: 3 }), null);
    expect(records).toEqual([]);
    expect(sentences).toEqual([
      'The metric mine failed and is not measured; training goes on. Expected a metric by layer to read class gradients or to name its layers, got neither.',
    ]);
  });
});
