import { expect, test } from 'vitest';
import { derivedDeclarationOf } from '../../src/derived/frame.ts';
import { derivedMetrics } from '../../src/derived/index.ts';
import { declarationOf } from '../../src/metric.ts';
import { metrics } from '../../src/metrics/index.ts';
import type { MeasurementRecord, MetricRecord, RunRecord } from '../../src/record.ts';
import { MAX_NAME, MAX_VALUES, parseRecord } from '../../src/server/record-schema.ts';
import { recordsOf } from '../store/records.ts';

const records = recordsOf('run-a', { steps: 2, end: true });
const [run, declaration, , measurement] = records as [RunRecord, MetricRecord, MetricRecord, MeasurementRecord];
const alert = {
  ...run,
  kind: 'alert',
  body: {
    id: 'r/1@5',
    rule: 'r',
    level: 'warn',
    state: 'opened',
    message: 'm',
    classes: [1],
    steps: [0, 5],
    numbers: { share: 0.9, bad: NaN },
    threshold: 0.5,
    remedy: 'x',
  },
};

/** A declaration whose panel has these parts as well. */
const panelled = (more: object) => ({
  ...declaration,
  body: { ...declaration.body, panels: [{ group: 'g', title: 't', chart: 'line', ...more }] },
});

test('records of every kind, and the declarations of all metrics, pass as they are', () => {
  for (const record of [...records, alert]) expect(parseRecord(record)).toEqual(record);
  for (const metric of metrics) {
    for (const stream of metric.streams) {
      const record = { ...declaration, stream, body: declarationOf(metric, stream) };
      expect(parseRecord(record), metric.id).toEqual(record);
    }
  }
  for (const metric of derivedMetrics) {
    const record = { ...declaration, stream: metric.stream, body: derivedDeclarationOf(metric) };
    expect(parseRecord(record), metric.id).toEqual(record);
  }
});

test('a run may say that its bias is inherited', () => {
  const record = { ...run, body: { ...run.body, inherited: 'layer a is frozen (trainable is false)' } };
  expect(parseRecord(record)).toEqual(record);
});

test('a run may bring groups of classes', () => {
  const record = { ...run, body: { ...run.body, groups: { minority: [1, 2] } } };
  expect(parseRecord(record)).toEqual(record);
});

test('names pass untouched, whatever markup they hold', () => {
  const name = '</script><img src=x onerror=alert(1)>\u202e\u0000';
  const record = { ...run, body: { ...run.body, name, classNames: [name] } };
  expect(parseRecord(record)).toEqual(record);
});

test.each<[string, unknown]>([
  ['kind', { ...run, kind: 'other' }],
  ['kind', 7],
  ['kind', null],
  ['run', { ...run, run: '../evil' }],
  ['v', { ...run, v: 2 }],
  ['seq', { ...run, seq: 0 }],
  ['seq', { ...run, seq: 1.5 }],
  ['time', { ...run, time: Infinity }],
  ['step', { ...run, step: -1 }],
  ['epoch', { ...run, epoch: 'one' }],
  ['more', { ...run, more: 1 }],
  ['body.name', { ...run, body: { ...run.body, name: 'x'.repeat(MAX_NAME + 1) } }],
  ['body.classNames', { ...run, body: { ...run.body, classNames: new Array(70_000).fill('a') } }],
  ['body.groups.tail.0', { ...run, body: { ...run.body, groups: { tail: [-1] } } }],
  ['body.inherited', { ...run, body: { ...run.body, inherited: 'x'.repeat(5000) } }],
  ['body.groups.tail', { ...run, body: { ...run.body, groups: { tail: 'cat' } } }],
  ['body.axes.0', { ...declaration, body: { ...declaration.body, axes: ['height'] } }],
  [
    'body.panels',
    {
      ...declaration,
      body: { ...declaration.body, panels: new Array(17).fill({ group: 'g', title: 't', chart: 'line' }) },
    },
  ],
  ['body.panels.0.marks', panelled({ marks: new Array(17).fill({ value: 1, label: 'one' }) })],
  ['body.panels.0.marks.0.value', panelled({ marks: [{ value: Infinity, label: 'never' }] })],
  ['body.panels.0.missing', panelled({ missing: 'x'.repeat(MAX_NAME + 1) })],
  ['shape', { ...measurement, shape: [1, 1, 1, 1, 1] }],
  ['values', { ...measurement, values: [1] }],
  ['kind', { ...measurement, shape: [2] }],
  ['kind', { ...measurement, shape: [MAX_VALUES, MAX_VALUES] }],
  ['body.classes.0', { ...alert, body: { ...alert.body, classes: [-1] } }],
  ['body.status', { ...run, kind: 'end', body: { status: 'bored' } }],
])('a record whose %s does not fit is refused with a sentence', (part, record) => {
  expect(() => parseRecord(record)).toThrow(RangeError);
  expect(() => parseRecord(record)).toThrow(`its ${part} does not fit`);
});
