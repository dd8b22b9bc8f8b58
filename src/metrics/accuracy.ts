import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'accuracy',
  help: 'Share of examples predicted as their own class. Under imbalance it can rise while rare classes get worse: read it beside the recall of each class.',
  axes: [],
  streams: ['train', 'probe'],
  cadence: 'step',
  weight: { metric: 'support', total: true },
  panels: [{ group: 'Overview', title: 'Accuracy', chart: 'line', bounds: [0, 1], better: 'higher' }],
  measure: ({ tally }) => (tally === null || tally.examples === 0 ? null : tally.correct / tally.examples),
});
