import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'training-mode-gamma',
  help: 'Gamma of the output nodes in training mode. BatchNorm in front of the activations makes it the same at every depth, behind them 0 (Francazi et al.: Where you place the norm matters); in evaluation mode it does neither before it has statistics.',
  part: 'training-mode',
  axes: [],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [{ group: 'Initial guesses', title: 'Gamma of the outputs', chart: 'line', series: 'Training mode' }],
  measure: ({ trainingGuesses }) => trainingGuesses?.gamma ?? null,
});
