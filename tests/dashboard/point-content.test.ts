import { expect, test } from 'vitest';
import { CurveCache } from '../../dashboard/curves.ts';
import { supportOf } from '../../dashboard/panels.ts';
import { cellContent } from '../../dashboard/plots/point-content.ts';
import { RunHistory } from '../../src/history.ts';
import { RunWriter } from '../support/run.ts';

test('a class is shown with its examples of the window, a group with those of all', () => {
  const labels = ['head', 'tail'];
  const history = new RunHistory();
  const { records } = new RunWriter(['a', 'b', 'c'])
    .measure('train/support', 0, [10, 4, 2])
    .measure('train/group-support', 0, [10, 6], null, { labels })
    .measure('train/class-recall', 0, [0.5, 0.25, 0])
    .measure('train/group-recall', 0, [0.5, 0.5], null, { labels });
  for (const record of records) history.add(record);
  const noteOf = (name: string) => {
    const metric = history.metrics.get(name)!;
    return cellContent(new CurveCache().curve(metric, supportOf(history, metric.declaration)), 0, 1, 'tail').note;
  };
  expect(noteOf('train/class-recall')).toBe('4 examples of the class in the window');
  expect(noteOf('train/group-recall')).toBe('over 16 examples');
});
