import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'nc1',
  help: 'Variability of features within classes, relative to what lies between them: Tr(Sigma_W Sigma_B^+)/C, of what enters the last dense layer. It falls towards 0 as training goes on past zero error (neural collapse, NC1: Papyan, Han, Donoho, PNAS 2020). On train: over the last epoch, with the weights moving meanwhile; on held-out examples it stays several times higher.',
  part: 'features',
  axes: [],
  streams: ['train', 'probe'],
  cadence: 'schedule',
  panels: [
    { group: 'Features', title: 'Variability within classes (NC1)', chart: 'line', scale: 'log', better: 'lower' },
  ],
  measure: ({ geometry }) => geometry?.nc1 ?? null,
});
