import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'training-mode-layer-gamma',
  help: 'Gamma after each layer before training, as training computes it: with the statistics of the batch (BatchNorm), with dropout at work.',
  part: 'layers',
  axes: ['layer'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [{ group: 'Initial guesses', title: 'Gamma by layer', chart: 'bar', series: 'Training mode', at: 'first' }],
  layers: ({ layerGammas }) => layerGammas?.names ?? null,
  measure: ({ layerGammas }) => layerGammas?.training ?? null,
});
