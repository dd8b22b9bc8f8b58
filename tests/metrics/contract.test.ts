import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Snapshot } from '../../src/capture/snapshot.ts';
import type { Expectation } from '../../src/capture/survey/expectation.ts';
import type { SurveyMode } from '../../src/capture/survey/mode.ts';
import { declarationOf } from '../../src/metric.ts';
import { metrics } from '../../src/metrics/index.ts';
import { classGradientsOf } from '../support/class-gradients.ts';
import { generator } from '../support/generator.ts';
import { listed } from '../support/listed.ts';

const classes = 5;

const mode: SurveyMode = {
  fractions: [
    [0.4, 0.2, 0.2, 0.1, 0.1],
    [0, 0, 1, 0, 0],
  ],
  topShares: [0.4, 1],
  nodeMeans: [],
  nodeVariances: [],
  gamma: 0.8,
  gammaInterval: [0.4, 2],
  widthGamma: 0.05,
  place: () => null,
};
const expected: Expectation = {
  told: '2 initialisations.',
  survey: { classes, inits: 2, examples: 10, evaluation: mode, training: mode, cancelled: false, why: null },
  theory: {
    gamma: 0.7,
    trainingGamma: 0.5,
    widthGamma: 0.01,
    causes: [{ cause: 'activation', instead: 'tanh', activations: ['relu'], gamma: 0.7, without: 0.1 }],
    told: 'Why.',
  },
};

/** A snapshot with everything in it; class 4 has no example, class 3 is never predicted. */
function full(stream: string): Snapshot {
  const random = generator(7);
  const labels = Int32Array.from({ length: 40 }, (_, i) => i % 4);
  const probabilities = Float32Array.from({ length: 40 * classes }, (_, i) => (i % classes === 3 ? 0 : random()));
  const classifier = Float32Array.from({ length: classes * 6 }, () => random() - 0.5);
  const losses = Float64Array.from({ length: 40 }, random);
  const monitor = { overhead: 0.01, dropped: 2, coverage: 0.9, interval: 4, batchInterval: 2, skipped: 2 };
  const vector = () => Array.from({ length: 6 }, () => random() - 0.5);
  const update = vector();
  const gradients = classGradientsOf(
    [...labels].map((label) => ({ label, gradient: vector() })),
    { update, previousDominant: 4 },
  );
  return new Snapshot({
    stream,
    step: 3,
    classes,
    loss: 1.5,
    classifier,
    minority: [2, 3],
    run: { groups: { head: [0, 1], tail: [2, 3, 4] }, lossName: 'categoricalCrossentropy', hasBias: true },
    monitor,
    gradients,
    update: {
      gradientNorm: 2,
      updateNorm: Math.hypot(...update),
      measuredUpdateNorm: Math.hypot(...update),
      weightNorm: 3,
    },
    geometry: {
      nc1: 0.5,
      meanCosines: Array.from({ length: classes ** 2 }, (_, i) =>
        i % (classes + 1) === 0 ? 1 : i % 3 === 0 ? null : -0.25,
      ),
      cdnv: 2,
      equinormMeans: 0.1,
      equiangularityMeans: 0.2,
      selfDuality: 1.2,
      nearestMeanMismatch: 0.3,
      featureEnergy: 3,
    },
    collapse: { rho: 1.4, verdict: 'undecided', classWeights: new Float64Array(classes).fill(2) },
    plane: {
      classifier: Array.from({ length: classes }, () => [0.1, -0.2] as const),
      means: Array.from({ length: classes }, (_, c) => (c === 4 ? null : ([0.1, 0.3] as const))),
      share: 0.6,
    },
    examples: { labels, probabilities, losses },
    training: { labels, probabilities, losses },
    layerGammas: { names: ['first', 'second', 'out'], evaluation: [0, 0.5, null], training: [0, 0.5, 0.7] },
    expected,
  });
}

const empty = (stream: string) => new Snapshot({ stream, step: 0, classes });

test('the list holds every file of the folder, each under its own id', () => {
  const files = readdirSync(new URL('../../src/metrics', import.meta.url)).filter((name) => name !== 'index.ts');
  expect(metrics.map(({ id }) => `${id}.ts`).sort()).toEqual(files.sort());
});

test('a metric that weighs others comes before them', () => {
  const seen = new Set<string>();
  for (const { id, weight } of metrics) {
    seen.add(id);
    if (weight) expect(seen).toContain(weight.metric);
  }
});

test('what reads gradients or expectations says so, and nothing else does', () => {
  for (const { id, part, streams, measure } of metrics) {
    const without = streams.map((stream) => {
      const { gradients: _, update: __, expected: ___, ...others } = full(stream);
      return measure(new Snapshot(others));
    });
    const isSilent = without.every((measured) => measured === null);
    expect([id, isSilent]).toEqual([id, part === 'gradients' || part === 'expectation']);
  }
});

describe.each(metrics.map((metric) => [metric.id, metric] as const))('%s', (_, metric) => {
  test('explains itself, and every panel has a title and a group', () => {
    expect(metric.help).toMatch(/^[A-Z].*\.( .*\.)?$|^[A-Z].*[.)]$/s);
    expect(metric.panels.length).toBeGreaterThan(0);
    for (const panel of metric.panels) expect([panel.group, panel.title].every((text) => text.length > 2)).toBe(true);
  });

  test('gives as many values as its axes say, all finite or missing, within the bounds of its panels', () => {
    for (const stream of metric.streams) {
      const measured = metric.measure(full(stream));
      const values = listed(measured!);
      const layers = (metric.layers?.(full(stream)) ?? full(stream).gradients!.layers).length;
      const { axes } = declarationOf(metric, stream, metric.ofRun?.(full(stream)));
      const lengthOf = (axis: (typeof axes)[number]) => {
        if (axis === 'class' || axis === 'rank') return classes;
        return axis === 'layer' ? layers : axis.labels!.length;
      };
      const sizes = axes.map(lengthOf);
      expect(values).toHaveLength(sizes.reduce((size, length) => size * length, 1));
      for (const value of values) expect(value === null || Number.isFinite(value)).toBe(true);
      for (const { bounds, rowShare } of metric.panels) {
        if (!bounds || rowShare) continue;
        for (const value of values) {
          if (value === null) continue;
          expect(value).toBeGreaterThanOrEqual(bounds[0] ?? -Infinity);
          expect(value).toBeLessThanOrEqual(bounds[1] ?? Infinity);
        }
      }
    }
  });

  test('says nothing rather than 0 when there is nothing to measure', () => {
    for (const stream of metric.streams) expect(metric.measure(empty(stream))).toBeNull();
  });

  test('does not change what it measures', () => {
    const snapshot = full(metric.streams[0]!);
    const parts = () => [snapshot.examples, snapshot.classifier, snapshot.gradients, snapshot.gradientNorms];
    const before = structuredClone(parts());
    metric.measure(snapshot);
    expect(parts()).toEqual(before);
  });

  test('declares itself as plain data', () => {
    for (const stream of metric.streams) {
      const declaration = declarationOf(metric, stream);
      expect(structuredClone(declaration)).toEqual(declaration);
      expect(declaration.cadence).toBe(stream === 'probe' ? 'schedule' : metric.cadence);
    }
  });
});
