import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'layer-gamma',
  help: 'Gamma after each layer before training: how much its units differ from 0 in their means over the examples, compared with how much each varies from example to example. Where it rises the symmetry between the classes breaks: c/(1-c) of the mean-field recursion, and what the outputs would have if they came next (Francazi, Lucchi, Baity-Jesi: Initial Guessing Bias, ICML 2024). ReLU adds to it at every layer, normalization behind the activations takes it away.',
  part: 'layers',
  axes: ['layer'],
  streams: ['probe'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Gamma by layer',
      chart: 'bar',
      series: 'Evaluation mode',
      at: 'first',
      axisTitles: ['', 'gamma'],
    },
  ],
  layers: ({ layerGammas }) => layerGammas?.names ?? null,
  measure: ({ layerGammas }) => layerGammas?.evaluation ?? null,
});
