import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'survey-gamma',
  help: 'Gamma of this architecture, pooled over fresh initialisations of it, with the 95 % interval that their number allows: how much the output nodes differ in their means, compared with how much each varies from example to example (Francazi, Lucchi, Baity-Jesi: Initial Guessing Bias, ICML 2024). Last: what finite width adds where guesses are concerned, because nodes differ in how much they vary, too; it matters where gamma is near 0. In evaluation mode: batch normalization by moving statistics, which still do nothing.',
  axes: [{ name: 'gamma', labels: ['gamma', '95 % from', '95 % to', 'finite width adds'] }],
  streams: ['probe'],
  cadence: 'schedule',
  part: 'expectation',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Gamma of this architecture',
      chart: 'bar',
      series: 'Survey',
      interval: [0, 1, 2],
      axisTitles: ['', 'gamma; whisker: 95 % interval'],
    },
  ],
  measure: ({ expected }) => {
    const { gamma, gammaInterval, widthGamma = 0 } = expected?.survey?.evaluation ?? {};
    return typeof gamma === 'number' && gammaInterval ? [gamma, ...gammaInterval, widthGamma] : null;
  },
});
