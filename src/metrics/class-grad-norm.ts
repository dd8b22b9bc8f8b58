import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'class-grad-norm',
  help: 'Length of the gradient of each class: the sum of the gradients of its examples in the batch, over all trainable weights, mean over the batches that hold the class. That of a rare class may be short merely because it has few examples. By batch position: examples are told apart by their place in the batch, so that the class gradients add up to the gradient also with BatchNorm.',
  part: 'gradients',
  axes: ['class'],
  streams: ['train'],
  cadence: 'step',
  weight: { metric: 'gradient-support', total: true },
  panels: [{ group: 'Gradients of the classes', title: 'Norm of the class gradient', chart: 'line', scale: 'log' }],
  measure: (snapshot) => snapshot.byClass((_, norms) => norms),
});
