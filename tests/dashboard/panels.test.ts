import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cardSpans, cardsPerRow, GRID_COLUMNS } from '../../dashboard/layout.ts';
import { axisLabels, isSameChart, sectionsOf, supportOf } from '../../dashboard/panels.ts';
import { RunHistory } from '../../src/history.ts';
import { metrics } from '../../src/metrics/index.ts';
import type { Declaration, Panel } from '../../src/record.ts';
import { ROOT } from '../support/script.ts';

function declare(history: RunHistory, id: string, stream: string, ...panels: Panel[]): void {
  const declaration: Declaration = { id, stream, help: '', axes: ['class'], cadence: 'step', fold: 'mean', panels };
  history.declare(declaration);
}

const line = (title: string, group = 'g'): Panel => ({ group, title, chart: 'line' });

test('no file of the page names a metric', () => {
  // Ids of one plain word, such as "loss", are also words of the page's own sentences.
  const ids = metrics.map(({ id }) => id).filter((id) => id.includes('-'));
  expect(ids).toContain('class-recall');
  const files = readdirSync(join(ROOT, 'dashboard'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const naming = files.filter((file) => {
    const text = readFileSync(join(ROOT, 'dashboard', file), 'utf8');
    return ids.some((id) => text.includes(id)) || metrics.some(({ id }) => text.includes(`'${id}'`));
  });
  expect(files.length).toBeGreaterThan(30);
  expect(naming).toEqual([]);
});

describe('sections', () => {
  test('follow the order of declaration', () => {
    const history = new RunHistory();
    declare(history, 'a', 'train', line('A', 'first'));
    declare(history, 'b', 'train', line('B', 'second'), line('B2', 'first'));
    expect(sectionsOf(history).map(({ group, charts }) => [group, charts.map(({ title }) => title)])).toEqual([
      ['first', ['A', 'B2']],
      ['second', ['B']],
    ]);
  });

  test('about the monitor alone stand last', () => {
    const history = new RunHistory();
    declare(history, 'overhead', 'monitor', line('Share', 'Monitor'));
    declare(history, 'later', 'train', line('L', 'Learning'));
    expect(sectionsOf(history).map(({ group }) => group)).toEqual(['Learning', 'Monitor']);
  });

  test('panels of the same group, title and stream share one chart, with one series each', () => {
    const history = new RunHistory();
    declare(history, 'a', 'probe', { ...line('Shared'), series: 'Name of a' });
    declare(history, 'b', 'probe', line('Shared'));
    declare(history, 'b', 'train', line('Shared'));
    const [section] = sectionsOf(history);
    expect(
      section?.charts.map(({ stream, layers }) => [stream, layers.map(({ label, name }) => [label, name])]),
    ).toEqual([
      [
        'probe',
        [
          ['Name of a', 'probe/a'],
          ['b', 'probe/b'],
        ],
      ],
      ['train', [['b', 'train/b']]],
    ]);
  });

  test('the same quantity of another stream stands beside it', () => {
    const history = new RunHistory();
    declare(history, 'a', 'probe', line('A'));
    declare(history, 'b', 'probe', line('B'));
    declare(history, 'a', 'train', line('A'));
    expect(sectionsOf(history)[0]?.charts.map(({ title, stream }) => `${title} ${stream}`)).toEqual([
      'A probe',
      'A train',
      'B probe',
    ]);
  });

  test('matrices never share one chart', () => {
    const history = new RunHistory();
    declare(history, 'a', 'model', { ...line('Same'), chart: 'heatmap' });
    declare(history, 'b', 'model', { ...line('Same'), chart: 'heatmap' });
    declare(history, 'a', 'train', { ...line('Same'), chart: 'pairs' });
    declare(history, 'b', 'train', { ...line('Same'), chart: 'pairs' });
    expect(sectionsOf(history)[0]?.charts).toHaveLength(4);
  });

  test('a chart is the same one until a metric joins it', () => {
    const history = new RunHistory();
    declare(history, 'a', 'train', line('A'));
    const before = sectionsOf(history)[0]!.charts[0]!;
    declare(history, 'b', 'train', line('B'));
    expect(isSameChart(before, sectionsOf(history)[0]!.charts[0]!)).toBe(true);
    declare(history, 'c', 'train', line('A'));
    expect(isSameChart(before, sectionsOf(history)[0]!.charts[0]!)).toBe(false);
  });

  test('a metric without a panel has no chart', () => {
    const history = new RunHistory();
    declare(history, 'a', 'train');
    expect(sectionsOf(history)).toEqual([]);
  });
});

test('labels are class names, an axis own labels or values, else numbers', () => {
  expect(axisLabels('class', 3, ['x', 'y'])).toEqual(['x', 'y', 'class 2']);
  expect(axisLabels('layer', 2, [])).toEqual(['layer 0', 'layer 1']);
  expect(axisLabels('rank', 3, ['cat', 'dog', 'cow'])).toEqual(['1', '2', '3']);
  expect(axisLabels({ name: 'rank', labels: ['top'] }, 2, [])).toEqual(['top', 'rank 1']);
  expect(axisLabels({ name: 'rank', values: [0.5, 1] }, 2, [])).toEqual(['0.5', '1']);
});

test('the support of a metric is the one that it names, in its own stream', () => {
  const history = new RunHistory();
  declare(history, 'n', 'train');
  const base = { stream: 'train', help: '', axes: [], cadence: 'step', fold: 'mean', panels: [] } as const;
  expect(supportOf(history, { ...base, id: 'x', weight: { metric: 'n' } })).toBe(history.metrics.get('train/n'));
  expect(supportOf(history, { ...base, id: 'x', stream: 'probe', weight: { metric: 'n' } })).toBeUndefined();
  expect(supportOf(history, { ...base, id: 'x' })).toBeUndefined();
});

describe('rows of cards', () => {
  test('are full and differ by at most one card', () => {
    for (let cards = 1; cards <= 30; cards++) {
      for (let perRow = 1; perRow <= 4; perRow++) {
        const spans = cardSpans(cards, perRow);
        expect(spans).toHaveLength(cards);
        expect(spans.reduce((sum, span) => sum + span, 0) % GRID_COLUMNS).toBe(0);
        const counts = new Set(spans.map((span) => GRID_COLUMNS / span));
        expect(Math.max(...counts)).toBeLessThanOrEqual(perRow);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    }
  });

  test('hold one card on a phone and three on a small screen', () => {
    expect([366, 1240, 1680, 5000].map(cardsPerRow)).toEqual([1, 3, 4, 4]);
  });
});
