import { defineMetric } from '../metric.ts';
import { directionalNoise } from '../stats/gram.ts';

export default defineMetric({
  id: 'gradient-noise',
  help: 'How well the gradient of a class in one batch points along its full gradient: the square of their cosine, estimated from the spread of its examples and pooled over the window (1: no noise; near 0 or below: noise alone, the batches say nothing about the class). Missing until a batch held two examples of the class. By batch position: examples are told apart by their place in the batch, so that the class gradients add up to the gradient also with BatchNorm.',
  part: 'gradients',
  axes: ['class'],
  streams: ['train'],
  cadence: 'step',
  weight: { metric: 'gradient-signal' },
  panels: [
    {
      group: 'Gradients of the classes',
      title: 'Directional noise (cos²)',
      chart: 'line',
      bounds: [null, 1],
      better: 'higher',
    },
  ],
  measure: (snapshot) =>
    snapshot.byClass(({ squares, counts }, norms) =>
      squares === null ? null : directionalNoise(norms, squares, counts),
    ),
});
