import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'survey-inits',
  help: 'How many fresh initialisations of the same architecture were asked for their guesses before training, to see how biased such networks usually are. 0: none, and the chart says why.',
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
      series: 'Initialisations',
    },
  ],
  ofRun: ({ expected }) => (expected ? { note: expected.told } : {}),
  measure: ({ expected }) => (expected === null ? null : (expected.survey?.inits ?? 0)),
});
