import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'node-mean',
  help: 'Mean of each output node over the examples: what the network says whatever it is shown. Of the logits; where the outputs are probabilities, of their logarithms, each example centred. Where means lie farther apart than the nodes spread, the guesses go to the highest ones.',
  axes: ['class'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Output nodes of the untrained network',
      chart: 'bar',
      series: 'Mean',
      at: 'first',
    },
  ],
  measure: ({ guesses }) => guesses?.nodes.means ?? null,
});
