import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'predicted-gamma',
  help: 'Gamma that theory predicts from the layers, their initialisers and the statistics of the inputs, in the limit of wide layers (mean field; Francazi, Lucchi, Baity-Jesi: Initial Guessing Bias, ICML 2024). In evaluation mode, as the probe. Missing where theory has no formula for a layer; the chart says which.',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  part: 'expectation',
  panels: [
    { group: 'Initial guesses', title: 'Gamma of this architecture', chart: 'bar', series: 'Theory' },
    {
      group: 'Initial guesses',
      title: 'Where the first guesses stand',
      chart: 'distribution',
      role: 'note',
      series: 'Gamma by theory',
    },
  ],
  ofRun: ({ expected }) => {
    if (!expected?.theory) return {};
    const { told, gamma } = expected.theory;
    return { note: told, isNoteAlone: finite(gamma) === null };
  },
  // Missing, not left out: the note is for those whom theory can't tell a number.
  measure: ({ expected }) => (expected?.theory ? [finite(expected.theory.gamma)] : null),
});

function finite(gamma: number | null): number | null {
  return gamma !== null && Number.isFinite(gamma) ? gamma : null;
}
