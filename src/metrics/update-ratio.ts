import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'update-ratio',
  help: 'Length of the move that the optimizer made, divided by the length of the weights before it. About 0.001 is common; far above it the learning rate may be too high, far below it training stands still.',
  part: 'gradients',
  axes: [],
  streams: ['model'],
  cadence: 'schedule',
  panels: [{ group: 'Gradient and update', title: 'Update over weights', chart: 'line', scale: 'log' }],
  measure: ({ update }) => {
    if (update === null || update.updateNorm === null || update.weightNorm === null) return null;
    return update.weightNorm === 0 ? null : update.updateNorm / update.weightNorm;
  },
});
