import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'update-norm',
  help: 'Length of the move that the optimizer made at one step, over all trainable weights. For plain SGD it is the learning rate times the norm of the gradient.',
  part: 'gradients',
  axes: [],
  streams: ['model'],
  cadence: 'schedule',
  panels: [{ group: 'Gradient and update', title: 'Norm of the update', chart: 'line', scale: 'log' }],
  measure: ({ update }) => update?.updateNorm ?? null,
});
