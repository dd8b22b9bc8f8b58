import { describe, expect, test } from 'vitest';
import { searchClasses } from '../../dashboard/class-search.ts';
import { plainCurve } from '../../dashboard/curves.ts';
import { formatCount, formatNumber, formatShare, formatShort, truncate, truncateAll } from '../../dashboard/format.ts';
import { barElements, barModel, matrixModel, measurementAt, rowShares, shares } from '../../dashboard/matrices.ts';
import type { Layer } from '../../dashboard/panels.ts';
import {
  countNonFinite,
  countNonPositive,
  describeChart,
  lastValues,
  missingNote,
  totalNote,
  windowNote,
} from '../../dashboard/readings.ts';
import { RunHistory } from '../../src/history.ts';
import {
  type AnyRecord,
  type Axis,
  type Declaration,
  type Panel,
  packValues,
  RECORD_VERSION,
} from '../../src/record.ts';

const panel: Panel = { group: 'g', title: 't', chart: 'heatmap' };

function layerOf(
  axes: readonly Axis[],
  shape: readonly number[],
  measured: readonly (readonly (number | null)[])[],
  more: Partial<Panel> = {},
): Layer {
  const history = new RunHistory();
  const declaration: Declaration = {
    id: 'm',
    stream: 's',
    help: '',
    axes,
    cadence: 'schedule',
    fold: 'last',
    panels: [panel],
  };
  const metric = history.declare(declaration);
  measured.forEach((values, i) => {
    const head = { v: RECORD_VERSION, run: 'r', seq: i + 1, time: 0, step: 10 * i, epoch: null, stream: 's' };
    history.add({ ...head, kind: 'measurement', metric: 'm', shape, values: packValues(values) } as AnyRecord);
  });
  return { name: 's/m', metric, declaration, panel: { ...panel, ...more }, label: 'm' };
}

describe('shares', () => {
  test('divide by the sum of what is present; what is missing stays missing', () => {
    expect(shares([1, null, 3])).toEqual([0.25, null, 0.75]);
  });

  test('of nothing are missing, not 0', () => {
    expect(shares([0, 0])).toEqual([null, null]);
  });

  test('of a row divide by that row', () => {
    expect(rowShares([1, 3, 0, 0, 5, 0], 2)).toEqual([0.25, 0.75, null, null, 1, 0]);
  });
});

describe('a matrix', () => {
  const layer = layerOf(
    ['class', 'class'],
    [2, 2],
    [
      [4, 0, 1, 3],
      [8, null, Number.NaN, 2],
    ],
    { rowShare: true },
  );

  test('has the counts and their share of the row, with names on both sides', () => {
    const model = matrixModel(layer, layer.metric.buckets[0]!, ['x', 'y']);
    expect(model).toMatchObject({
      step: 0,
      rows: 2,
      columns: 2,
      rowLabels: ['x', 'y'],
      columnLabels: ['x', 'y'],
      isShare: true,
    });
    expect(model.values).toEqual([4, 0, 1, 3]);
    expect(model.shown).toEqual([1, 0, 0.25, 0.75]);
  });

  test('keeps missing, NaN and 0 apart', () => {
    const plain = { ...layer, panel };
    expect(matrixModel(plain, layer.metric.buckets[1]!, []).shown).toEqual([8, null, Number.NaN, 2]);
  });

  test('names its axes where they differ, and knows which of them are classes', () => {
    const byLayer = layerOf([{ name: 'layer', labels: ['a', 'b'] }, 'class'], [2, 2], [[1, 2, 3, 4]]);
    expect(matrixModel(byLayer, byLayer.metric.buckets[0]!, ['x', 'y'])).toMatchObject({
      axisTitles: ['layer', 'class'],
      isClass: [false, true],
      rowLabels: ['a', 'b'],
      columnLabels: ['x', 'y'],
    });
    expect(matrixModel(layer, layer.metric.buckets[0]!, [])).toMatchObject({
      axisTitles: ['', ''],
      isClass: [true, true],
    });
    const named = { ...layer, panel: { ...panel, axisTitles: ['True', 'Guessed'] as const } };
    expect(matrixModel(named, layer.metric.buckets[0]!, []).axisTitles).toEqual(['True', 'Guessed']);
  });
});

test('a panel shows its last measurement, its first where it says so, or the one chosen', () => {
  expect(measurementAt(panel, 5, null)).toBe(4);
  expect(measurementAt({ ...panel, at: 'first' }, 5, null)).toBe(0);
  expect(measurementAt(panel, 5, 2)).toBe(2);
  expect(measurementAt(panel, 5, 9)).toBe(4);
  expect(measurementAt({ ...panel, at: 'first' }, 0, null)).toBe(-1);
});

describe('bars', () => {
  test('are of the first measurement where the panel says so, as shares if it says so', () => {
    const layer = layerOf(
      ['class'],
      [2],
      [
        [30, 10],
        [0, 99],
      ],
      { chart: 'bar', at: 'first', share: true },
    );
    expect(barModel(layer, plainCurve(layer.metric), null)).toMatchObject({
      step: 0,
      values: [30, 10],
      shown: [0.75, 0.25],
    });
  });

  test('tell the examples behind them', () => {
    const layer = layerOf(['class'], [2], [[0.5, 0.5]], { chart: 'bar' });
    const support = layerOf(['class'], [2], [[30, 10]]);
    expect(barModel(layer, plainCurve(layer.metric), plainCurve(support.metric))?.examples).toBe(40);
  });

  test('are none at the ends of an interval', () => {
    const gamma = { name: 'gamma', labels: ['gamma', 'from', 'to', 'more'] };
    const [plain, interval] = [{}, { interval: [0, 1, 2] as const }].map((more) => {
      const layer = layerOf([gamma], [4], [[2, 1, 3, 0.5]], { chart: 'bar', ...more });
      return barModel(layer, plainCurve(layer.metric), null)!;
    });
    expect(barElements([plain!], 4)).toEqual([0, 1, 2, 3]);
    expect(barElements([interval!], 4)).toEqual([0, 3]);
  });

  test('are not there before the first measurement', () => {
    const layer = layerOf(['class'], [2], []);
    expect(barModel(layer, plainCurve(layer.metric), null)).toBeNull();
  });
});

describe('readings', () => {
  test('the last values are exact, and missing ones missing', () => {
    const layer = layerOf(
      ['class'],
      [3],
      [
        [1, 2, 3],
        [0.5, null, 1 / 3],
      ],
    );
    const list = lastValues(layer, plainCurve(layer.metric), ['a', 'b', 'c']);
    expect(list).toMatchObject({ name: 's/m', step: 10, labels: ['a', 'b', 'c'], axis: 'class' });
    expect(list?.values).toEqual([0.5, null, Math.fround(1 / 3)]);
  });

  test('a note tells the size of the window and the rarest class that was seen', () => {
    expect(windowNote([3000, 89, 0, 31], ['a', 'b', 'c', 'd'])).toBe('over 3,120 examples, rarest class 31 (d)');
    expect(windowNote([0, 0], ['a', 'b'])).toBe('');
    expect(windowNote(null, [])).toBe('');
    expect(totalNote([3, 4])).toBe('over 7 examples');
  });

  test('what it means that the last value is missing is said, with its name where a chart has several', () => {
    const layer = { ...layerOf([], [], [[1], [null]]), label: 'predicted' };
    const curve = plainCurve(layer.metric);
    expect(missingNote(layer, curve, false)).toBe('');
    const told = { ...layer, panel: { ...layer.panel, missing: 'never' } };
    expect(missingNote(told, curve, false)).toBe('never');
    expect(missingNote(told, curve, true)).toBe('predicted: never');
    expect(missingNote(told, plainCurve(layerOf([], [], [[null], [1]]).metric), false)).toBe('');
    expect(missingNote(told, plainCurve(layerOf([], [], []).metric), false)).toBe('');
  });

  test('reference lines are told with the name of the chart, each once', () => {
    const marked = (layer: Layer) => ({
      ...layer,
      panel: { ...layer.panel, marks: [{ value: 2, label: 'too much' }] },
    });
    const layers = [marked(layerOf([], [], [[1]])), marked(layerOf([], [], [[1]]))];
    const spec = { key: 'k', title: 'Ratio', stream: 'model', chart: 'line', layers: [layers[0]!] } as const;
    const sentence = 'Ratio (model). Reference lines: 2 (too much). The numbers are in the table below the chart.';
    expect(describeChart(spec)).toBe(sentence);
    expect(describeChart({ ...spec, layers }).match(/too much/g)).toHaveLength(1);
  });

  test('buckets with NaN or infinity are counted, one by one or going on from before', () => {
    const layer = layerOf([], [], [[1], [Number.NaN], [2], [Infinity], [null]]);
    const curve = plainCurve(layer.metric);
    expect(countNonFinite(curve)).toBe(2);
    expect(countNonFinite(curve, 2, 1)).toBe(2);
  });

  test('values that a log axis cannot show are counted', () => {
    const layer = layerOf(
      ['class'],
      [2],
      [
        [0, 1],
        [-2, null],
      ],
    );
    expect(countNonPositive(plainCurve(layer.metric))).toBe(2);
  });
});

describe('numbers', () => {
  test('have four significant digits, and no exponent where nobody would write one', () => {
    const shown = [0, 0.98765, 12.3456, 1234.5, -0.5, 1.2e-7, Number.NaN, Infinity, -Infinity].map(formatNumber);
    expect(shown).toEqual(['0', '0.9877', '12.35', '1,235', '−0.5', '1.20e-7', 'NaN', '∞', '−∞']);
  });

  test('fit into a cell', () => {
    expect([0, 0.934, -0.12, 1, 0.001].map(formatShare)).toEqual(['0', '.93', '−.12', '1', '.00']);
    expect([0.1234, 12.34, 1234, 54_321].map(formatShort)).toEqual(['0.12', '12.3', '1234', '54.3k']);
    expect([1e6, 2.5e8, 3e9, 4e15].map(formatShort)).toEqual(['1M', '250M', '3G', '4e+15']);
    expect(formatCount(1234567)).toBe('1,234,567');
  });

  test('names are cut by characters, not in the middle of one', () => {
    expect(truncate('short', 5)).toBe('short');
    expect(truncate('🙂🙂🙂🙂', 3)).toBe('🙂🙂…');
  });
});

describe('the search for a class', () => {
  const names = ['Tabby cat', 'dog', 'cat', 'Caterpillar'];

  test('finds names that hold the text, in any case, those that start with it first', () => {
    expect(searchClasses(names, ' CAT ', 8)).toEqual([2, 3, 0]);
    expect(searchClasses(names, 'cat', 2)).toEqual([2, 3]);
  });

  test('finds nothing for an empty text', () => {
    expect(searchClasses(names, '  ', 8)).toEqual([]);
  });
});

test('names that begin alike are cut in the middle, so that they stay different; others at the end', () => {
  const names = ['batch_normalization_BatchNormalization1', 'batch_normalization_BatchNormalization2', 'dense_Dense1'];
  expect(truncateAll(names, 12)).toEqual(['batch_…tion1', 'batch_…tion2', 'dense_Dense1']);
  expect(truncateAll(['a long name of a class', 'short'], 12)).toEqual(['a long name…', 'short']);
  expect(truncateAll(['the same name', 'the same name'], 12)).toEqual(['the same na…', 'the same na…']);
});
