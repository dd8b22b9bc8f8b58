import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'class-gradient-dot',
  help: 'Product of the gradient of each class with the gradient of the whole batch, mean over the batches that hold the class: how fast the sum of its losses, divided by the batch size, falls along the gradient. Only for plain SGD without BatchNorm does a value below 0 mean that this step raises the loss of the class to first order (Francazi, Baity-Jesi, Lucchi, ICML 2023); under momentum, Adam or clipping look at class-update-alignment. By batch position: examples are told apart by their place in the batch, so that the class gradients add up to the gradient also with BatchNorm.',
  part: 'gradients',
  axes: ['class'],
  streams: ['train'],
  cadence: 'step',
  weight: { metric: 'gradient-support', total: true },
  panels: [{ group: 'Gradients of the classes', title: 'Product with the gradient', chart: 'line' }],
  measure: (snapshot) => snapshot.byClass(({ along }) => along),
});
