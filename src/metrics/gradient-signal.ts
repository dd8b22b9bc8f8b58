import { defineMetric } from '../metric.ts';
import { meanSquares } from '../stats/gram.ts';

export default defineMetric({
  id: 'gradient-signal',
  help: 'Square of the mean gradient of one example of each class: what the noise of its direction is measured against, and what weighs it. Missing below two examples in the batch, and where single examples cannot be told apart.',
  part: 'gradients',
  axes: ['class'],
  streams: ['train'],
  cadence: 'step',
  weight: { metric: 'gradient-support' },
  double: true,
  panels: [{ group: 'Gradients of the classes', title: 'Square of the mean gradient', chart: 'line', scale: 'log' }],
  measure: (snapshot) =>
    snapshot.byClass(({ squares, counts }, norms) => (squares === null ? null : meanSquares(norms, counts))),
});
