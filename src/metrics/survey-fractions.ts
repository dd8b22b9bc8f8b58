import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'survey-fractions',
  help: 'Share of the examples that each class is predicted as, by each of several fresh initialisations of the same architecture: what this run would have guessed first with other random numbers (Francazi, Lucchi, Baity-Jesi: Initial Guessing Bias, ICML 2024). Which class is favoured is chance; how unevenly they guess is the architecture. In evaluation mode, as the probe.',
  axes: [{ name: 'initialisation' }, 'class'],
  streams: ['probe'],
  cadence: 'schedule',
  part: 'expectation',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Where the first guesses stand',
      chart: 'distribution',
      role: 'sample',
      series: 'Other initialisations',
      axisTitles: ['share of the guesses that a class gets', 'share of the classes'],
    },
  ],
  ofRun: ({ expected }) => ({ labels: (expected?.survey?.evaluation.fractions ?? []).map((_, i) => String(i + 1)) }),
  measure: ({ expected }) => {
    const fractions = expected?.survey?.evaluation.fractions.flat() ?? [];
    return fractions.length === 0 ? null : fractions;
  },
});
