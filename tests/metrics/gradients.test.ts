import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { supportOf } from '../../dashboard/panels.ts';
import type { ClassGradients, WeightUpdate } from '../../src/capture/gradients/class-gradients.ts';
import { Snapshot } from '../../src/capture/snapshot.ts';
import { RunHistory } from '../../src/history.ts';
import { Journal } from '../../src/journal.ts';
import { metrics } from '../../src/metrics/index.ts';
import type { AnyRecord, Unnumbered } from '../../src/record.ts';
import { windowed } from '../../src/stats/window.ts';
import { classGradientsOf, dot, type ExampleGradient } from '../support/class-gradients.ts';
import { listed } from '../support/listed.ts';
import { recordSink } from '../support/record-sink.ts';

function measure(id: string, gradients: ClassGradients | null, update: WeightUpdate | null = null, classes = 4) {
  const snapshot = new Snapshot({ stream: 'train', step: 0, classes, gradients, update });
  const measured = metrics.find((metric) => metric.id === id)!.measure(snapshot);
  return measured === null || typeof measured === 'number' ? measured : listed(measured);
}

/** Classes 0 and 2 of four, worked out by hand: g_0 = (3, 4, 0), g_2 = (0, -2, 0), g = (3, 2, 0). */
const examples: ExampleGradient[] = [
  { label: 0, gradient: [1, 4, 0] },
  { label: 2, gradient: [0, -2, 0] },
  { label: 0, gradient: [2, 0, 0] },
];
const gradients = classGradientsOf(examples, { update: [-0.3, -0.4, 0], previousDominant: 2 });
const update: WeightUpdate = { gradientNorm: 4, updateNorm: 0.5, measuredUpdateNorm: 0.5, weightNorm: 50 };

describe('by hand', () => {
  test.each<[string, number | (number | null)[]]>([
    ['gradient-support', [2, 0, 1, 0]],
    ['class-grad-norm', [5, null, 2, null]],
    ['class-alignment', [17 / 5 / Math.sqrt(13), null, -4 / 2 / Math.sqrt(13), null]],
    ['class-gradient-dot', [17, null, -4, null]],
    ['gradient-share', [17 / 13, null, -4 / 13, null]],
    ['class-update-alignment', [1, null, -0.8, null]],
    ['class-grad-cosine', [1, null, -0.8, null, ...Array(4).fill(null), -0.8, null, 1, ...Array(5).fill(null)]],
    ['gradient-signal', [(2.5 * 3) ** 2, null, null, null]],
    ['gradient-noise', [1 - (21 - 25 / 2) / (25 / 2), null, null, null]],
    ['layer-grad-norm', [5, null, 2, null, 0, null, 0, null]],
    ['dominant-jump', 1],
    ['gradient-norm', 4],
    ['update-norm', 0.5],
    ['update-ratio', 0.01],
  ])('%s is %j', (id, expected) => {
    const measured = measure(id, gradients, update);
    if (typeof expected === 'number' || typeof measured === 'number' || measured === null) {
      expect(measured).toBe(expected);
      return;
    }
    expect(measured.map((value) => value === null)).toEqual(expected.map((value) => value === null));
    expected.forEach((value, i) => {
      if (value !== null) expect(measured[i]).toBeCloseTo(value, 12);
    });
  });

  test('the shares of one batch sum to 1, and its products to |g|^2', () => {
    const sum = (id: string) => (measure(id, gradients) as number[]).reduce((total, value) => total + value, 0);
    expect(sum('gradient-share')).toBeCloseTo(1, 12);
    expect(sum('class-gradient-dot')).toBeCloseTo(gradients.total, 12);
  });

  test('of 1,000 classes the absent 997 are missing, not 0', () => {
    const three = classGradientsOf([7, 500, 999].map((label) => ({ label, gradient: [label, 1] })));
    for (const { id, axes, streams, part } of metrics) {
      if (part !== 'gradients' || axes[0] !== 'class' || !streams.includes('train')) continue;
      if (['gradient-support', 'gradient-signal', 'gradient-noise', 'class-update-alignment'].includes(id)) continue;
      const present = (measure(id, three, null, 1000) as (number | null)[]).filter((value) => value !== null);
      expect([id, present.length]).toEqual([id, 3 ** axes.length]);
    }
  });
});

describe('what cannot be said is missing', () => {
  const silent = (id: string, parts: Partial<ClassGradients>, of = update) =>
    expect(measure(id, { ...gradients, ...parts }, of)).toBeNull();

  test('noise and its weight without gradients of single examples', () => {
    silent('gradient-noise', { squares: null });
    silent('gradient-signal', { squares: null });
  });
  test('update alignment where the update was not measured', () => {
    silent('class-update-alignment', { alongUpdate: null });
    silent('class-update-alignment', {}, { ...update, measuredUpdateNorm: null });
    expect(measure('update-ratio', null, { ...update, updateNorm: null })).toBeNull();
    expect(measure('update-ratio', null, { ...update, weightNorm: 0 })).toBeNull();
  });
  test('a jump at the first step, and where no class has a gradient', () => {
    silent('dominant-jump', { previousDominant: null });
    silent('dominant-jump', { gram: new Float64Array(4) });
  });
  test('everything of a step whose examples have no known class', () => {
    const unknown = classGradientsOf([{ label: -1, gradient: [1, 2] }], { previousDominant: 1 });
    for (const { id, part, streams } of metrics) {
      if (part === 'gradients' && streams.includes('train')) expect([id, measure(id, unknown)]).toEqual([id, null]);
    }
  });
  test('the direction of a gradient of 0, but not its norm', () => {
    const zero = classGradientsOf([
      { label: 0, gradient: [0, 0] },
      { label: 1, gradient: [3, 4] },
    ]);
    expect(measure('class-grad-norm', zero)).toEqual([0, 5, null, null]);
    expect(measure('class-alignment', zero)).toEqual([null, 1, null, null]);
    const cosines = measure('class-grad-cosine', zero) as (number | null)[];
    expect([cosines[0], cosines[1], cosines[5]]).toEqual([null, null, 1]);
    expect(measure('gradient-share', { ...zero, total: 0 })).toEqual(Array(4).fill(null));
  });
});

test('a gradient of NaN gives NaN, not missing, and the layers of other classes stay', () => {
  const broken = classGradientsOf(
    [
      { label: 0, gradient: [NaN, 1] },
      { label: 0, gradient: [1, 1] },
      { label: 1, gradient: [1, 1] },
      { label: 1, gradient: [2, 1] },
    ],
    { previousDominant: 1 },
  );
  expect(measure('class-grad-norm', broken)).toEqual([NaN, Math.sqrt(13), null, null]);
  expect(measure('class-alignment', broken)).toEqual([NaN, NaN, null, null]);
  expect(measure('gradient-share', broken)).toEqual([NaN, NaN, null, null]);
  expect((measure('gradient-noise', broken) as number[])[0]).toBeNaN();
  expect((measure('gradient-noise', broken) as number[])[1]).toBeGreaterThan(0.9);
  expect((measure('class-grad-cosine', broken) as number[]).slice(0, 2)).toEqual([NaN, NaN]);
  expect(measure('dominant-jump', broken)).toBeNaN();
  expect(measure('layer-grad-norm', broken)).toEqual([NaN, 3, null, null, 2, 2, null, null]);
});

describe('shown over a window', () => {
  /** The history of steps whose class gradients are these; a step's loss is a mean over its examples. */
  function historyOf(steps: readonly (readonly ExampleGradient[])[]): RunHistory {
    const history = new RunHistory();
    let seq = 0;
    const add = (record: Unnumbered) => void history.add({ ...record, seq: ++seq } as AnyRecord);
    const journal = new Journal('run', metrics, recordSink('run', add), () => {});
    steps.forEach((own, step) => {
      const mean = own.map(({ label, gradient }) => ({ label, gradient: gradient.map((g) => g / own.length) }));
      journal.measure(new Snapshot({ stream: 'train', step, classes: 3, gradients: classGradientsOf(mean) }), null);
    });
    return history;
  }

  const metricOf = (history: RunHistory, id: string) => history.metrics.get(`train/${id}`)!;
  const support = (history: RunHistory, id: string) => supportOf(history, metricOf(history, id).declaration)!;

  const batch = (scale: number) =>
    fc
      .array(
        fc.record({
          label: fc.integer({ min: 0, max: 2 }),
          // The first number keeps the sum of a class away from 0, where rounding decides what is missing.
          gradient: fc.tuple(
            fc.integer({ min: 1, max: 9 }),
            fc.integer({ min: -9, max: 9 }),
            fc.integer({ min: -9, max: 9 }),
          ),
        }),
        { minLength: 1, maxLength: 16 },
      )
      .map((own) => own.map(({ label, gradient }) => ({ label, gradient: gradient.map((g) => g * scale) })));
  const steps = fc
    .constantFrom(1, 1e-6, 1e-12)
    .chain((scale) => fc.array(batch(scale), { minLength: 1, maxLength: 40 }));

  test('pooled noise is the sum of |mean|^2 - S/n over that of |mean|^2, however small the gradients and uneven the batches', () => {
    fc.assert(
      fc.property(steps, (own) => {
        const history = historyOf(own);
        const noise = metricOf(history, 'gradient-noise');
        expect(support(history, 'gradient-noise')).toBe(metricOf(history, 'gradient-support'));
        const series = windowed(noise, support(history, 'gradient-noise'));
        for (let row = 0; row < series.rows; row++) {
          for (const c of [0, 1, 2]) {
            let [above, below, terms] = [0, 0, 0];
            for (const batch of own.slice(series.starts[row], row + 1)) {
              const members = batch.filter(({ label }) => label === c).map(({ gradient }) => gradient);
              const n = members.length;
              const mean = [0, 1, 2].map((i) => members.reduce((sum, g) => sum + g[i]!, 0) / n);
              const square = dot(mean, mean);
              if (n < 2) continue;
              const spread = members.map((g) => g.map((value, i) => value - mean[i]!));
              const term = square - spread.reduce((sum, d) => sum + dot(d, d), 0) / (n - 1) / n;
              below += square;
              above += term;
              terms += Math.abs(term);
            }
            const at = row * 3 + c;
            expect([row, c, series.present[at]]).toEqual([row, c, below > 0 ? 1 : 0]);
            // Each term is stored as a float32.
            if (below > 0) expect(Math.abs(series.values[at]! * below - above)).toBeLessThan(1e-6 * (terms + below));
          }
        }
      }),
    );
  });

  test('a window reaches back by examples, not by the size of the gradients', () => {
    const one = [0, 1, 2].flatMap((label) => [1, 2].map((x) => ({ label, gradient: [x * 1e-6, 1e-6, 0] })));
    const history = historyOf(new Array(60).fill(one));
    for (const id of ['gradient-noise', 'class-alignment', 'class-grad-norm']) {
      const series = windowed(metricOf(history, id), support(history, id));
      expect([id, ...series.starts.slice(-1), ...series.support.slice(-3)]).toEqual([id, 45, 30, 30, 30]);
    }
  });

  test('a step whose weights were let go on the way counts for nothing', () => {
    const one = (noise: number) => [
      { label: 0, gradient: [1e-6, noise * 1e-6, 0] },
      { label: 0, gradient: [1e-6, -noise * 1e-6, 0] },
    ];
    const records: AnyRecord[] = [];
    const whole = new RunHistory();
    const add = (record: Unnumbered) => void records.push({ ...record, seq: records.length + 1 } as AnyRecord);
    const journal = new Journal('run', metrics, recordSink('run', add), () => {});
    [0.1, 5].forEach((noise, step) => {
      const gradients = classGradientsOf(one(noise));
      journal.measure(new Snapshot({ stream: 'train', step, classes: 3, gradients }), null);
    });
    const lost = (record: AnyRecord) =>
      record.kind === 'measurement' && record.metric === 'gradient-signal' && record.step === 1;
    for (const record of records) if (!lost(record)) whole.add(record);
    const series = windowed(metricOf(whole, 'gradient-noise'), support(whole, 'gradient-noise'));
    expect(series.values[3]).toBeCloseTo(1 - 0.01, 6);
  });

  test('a gradient of NaN is seen in the window, and gone when it has left it', () => {
    const one = (x: number) => [1, 2].map((k) => ({ label: 0, gradient: [k, x, 0] }));
    const history = historyOf([one(1), one(NaN), ...new Array(20).fill(one(1))]);
    for (const id of ['gradient-noise', 'class-grad-norm']) {
      const metric = metricOf(history, id);
      const { values, present } = windowed(metric, support(history, id));
      expect([present[3], values[3]]).toEqual([1, NaN]);
      expect(metric.value(metric.buckets[1]!, 0)).toBeNaN();
      expect(values.at(-3)).toBeGreaterThan(0);
    }
  });
});
