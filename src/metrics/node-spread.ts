import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'node-spread',
  help: 'Standard deviation of each output node over the examples: how much what it is shown matters. Beside the means of the nodes: their variance over the mean square of the spreads is gamma.',
  axes: ['class'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Output nodes of the untrained network',
      chart: 'bar',
      series: 'Spread',
      at: 'first',
    },
  ],
  measure: ({ guesses }) => guesses?.nodes.spreads ?? null,
});
