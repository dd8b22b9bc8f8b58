import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'ranked-fractions',
  help: 'Predicted fractions in order, the largest first: how steep the initial guesses are, whichever class they favour. Level at 1/C if the guesses are even; one bar of 1 if every guess is the same class. Which class comes first is chance, how far it stands out belongs to the architecture.',
  axes: ['rank'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Initial guesses by rank',
      chart: 'bar',
      series: 'Evaluation mode',
      at: 'first',
      bounds: [0, 1],
    },
  ],
  measure: ({ guesses }) => guesses?.ranked ?? null,
});
