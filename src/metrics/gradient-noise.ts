import { defineMetric } from '../metric.ts';
import { directionalNoise } from '../stats/gram.ts';

export default defineMetric({
  id: 'gradient-noise',
  help: 'How well the gradient of a class in one batch knows its full gradient: the share of its square that is not noise, estimated from the spread of its examples and pooled over the window. 1: no noise; near 0 or below: noise alone, the batches say nothing about the class. It never lies above the squared cosine of the two by more than chance: noise along the gradient counts, too. Missing until a batch held two examples of the class, and where some weight gives no gradients of single examples (three-dimensional convolutions). By batch position: examples are told apart by their place in the batch, so that the class gradients add up to the gradient also with BatchNorm.',
  part: 'gradients',
  axes: ['class'],
  streams: ['train'],
  cadence: 'step',
  weight: { metric: 'gradient-signal' },
  panels: [
    {
      group: 'Gradients of the classes',
      title: 'Known from one batch',
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
