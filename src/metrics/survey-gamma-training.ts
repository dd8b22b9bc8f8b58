import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'survey-gamma-training',
  help: 'The same as training sees it: batch normalization by the statistics of the batch, dropout on. Only where a layer differs in training. Where it is far below the other, moving statistics make the guesses of the probe look more biased than what is trained.',
  axes: [{ name: 'gamma', labels: ['gamma', '95 % from', '95 % to', 'finite width adds'] }],
  streams: ['probe'],
  cadence: 'schedule',
  part: 'expectation',
  panels: [
    {
      group: 'Initial guesses',
      title: 'Gamma of this architecture',
      chart: 'bar',
      series: 'Survey, training mode',
      interval: [0, 1, 2],
    },
  ],
  measure: ({ expected }) => {
    const { gamma, gammaInterval, widthGamma = 0 } = expected?.survey?.training ?? {};
    return typeof gamma === 'number' && gammaInterval ? [gamma, ...gammaInterval, widthGamma] : null;
  },
});
