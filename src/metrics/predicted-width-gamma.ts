import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'predicted-width-gamma',
  help: 'What finite width adds to the predicted gamma where guesses are concerned, by theory: the output nodes of a narrow network differ in how much they vary, too, and the one that varies most is the largest more often. It matters where gamma is near 0. Known for dense layers, activations and normalization, in evaluation mode.',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  part: 'expectation',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Where the first guesses stand',
      chart: 'distribution',
      role: 'note',
      series: 'Finite width adds to gamma, by theory',
    },
  ],
  measure: ({ expected }) => {
    const added = expected?.theory?.widthGamma;
    return typeof added === 'number' && Number.isFinite(added) ? [added] : null;
  },
});
