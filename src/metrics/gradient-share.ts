import { defineMetric } from '../metric.ts';
import { shares } from '../stats/ratio.ts';

export default defineMetric({
  id: 'gradient-share',
  help: 'Share of each class in the gradient: product of its gradient with the gradient, divided by the square of the latter. In one batch in which every example has a class the shares sum to 1, and may be negative; shown is the mean over the batches that hold the class, so those of rare classes add up to more. By batch position: examples are told apart by their place in the batch, so that the class gradients add up to the gradient also with BatchNorm.',
  part: 'gradients',
  axes: ['class'],
  streams: ['train'],
  cadence: 'step',
  weight: { metric: 'gradient-support', total: true },
  panels: [{ group: 'Gradients of the classes', title: 'Share of the gradient', chart: 'line' }],
  measure: (snapshot) => snapshot.byClass(({ along, total }) => shares(along, total)),
});
