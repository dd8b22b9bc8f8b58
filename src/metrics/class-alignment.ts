import { defineMetric } from '../metric.ts';
import { cosinesWith } from '../stats/gram.ts';

export default defineMetric({
  id: 'class-alignment',
  help: 'Cosine between the gradient of each class and the gradient of the whole batch; a batch with more examples of the class counts more. Only for plain SGD without BatchNorm does a value below 0 mean that this step raises the loss of the class to first order (Francazi, Baity-Jesi, Lucchi, ICML 2023); under momentum, Adam or clipping look at class-update-alignment. By batch position: examples are told apart by their place in the batch, so that the class gradients add up to the gradient also with BatchNorm.',
  part: 'gradients',
  axes: ['class'],
  streams: ['train'],
  cadence: 'step',
  weight: { metric: 'gradient-support' },
  panels: [
    {
      group: 'Gradients of the classes',
      title: 'Alignment with the gradient',
      chart: 'line',
      bounds: [-1, 1],
      better: 'higher',
    },
  ],
  measure: (snapshot) => snapshot.byClass(({ along, total }, norms) => cosinesWith(along, norms, Math.sqrt(total))),
});
