import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'gradient-norm',
  help: 'Length of the gradient that the optimizer got, over all trainable weights, regularisers in. Spikes and a slow growth to infinity come before a loss of NaN.',
  part: 'gradients',
  axes: [],
  streams: ['model'],
  cadence: 'step',
  panels: [{ group: 'Gradient and update', title: 'Norm of the gradient', chart: 'line', scale: 'log' }],
  measure: ({ update }) => update?.gradientNorm ?? null,
});
