import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'effective-classes',
  help: 'How many classes the network guesses, each counted by how often: exp of the entropy of the predicted fractions. C if all are guessed equally often, 1 if every guess is the same class. Before training a few classes of many are normal, no fault by itself; what matters is whether it rises to that of the true shares.',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Effective number of guessed classes',
      chart: 'line',
      series: 'Evaluation mode',
      bounds: [1, null],
      better: 'higher',
    },
  ],
  measure: ({ guesses }) => guesses?.effectiveClasses ?? null,
});
