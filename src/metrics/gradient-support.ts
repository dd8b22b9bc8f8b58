import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'gradient-support',
  help: 'Number of examples of each class behind the gradients of the classes: those of the measured batches in the window. Fewer than all where the budget spaces the measurements out.',
  part: 'gradients',
  axes: ['class'],
  streams: ['train'],
  cadence: 'step',
  fold: 'sum',
  weight: { metric: 'gradient-support' },
  double: true,
  panels: [{ group: 'Batches', title: 'Examples behind the gradients', chart: 'line' }],
  // A count: 0, not missing, where the class is absent.
  measure: ({ gradients, classes }) => {
    if (gradients === null || gradients.present.length === 0) return null;
    const support = new Float64Array(classes);
    gradients.present.forEach((c, row) => {
      support[c] = gradients.counts[row]!;
    });
    return support;
  },
});
