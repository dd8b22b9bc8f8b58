import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'predicted-gamma-training',
  help: 'The same as training sees it: batch normalization by the statistics of the batch, dropout on. Only where a layer differs in training.',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  part: 'expectation',
  panels: [
    { group: 'Initial guesses', title: 'Gamma of this architecture', chart: 'bar', series: 'Theory, training mode' },
  ],
  measure: ({ expected }) => {
    const gamma = expected?.theory?.trainingGamma ?? null;
    return gamma !== null && Number.isFinite(gamma) ? gamma : null;
  },
});
