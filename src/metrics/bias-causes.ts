import { changeOf } from '../capture/survey/guess-theory.ts';
import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'bias-causes',
  help: 'Gamma by theory as the network is, and with one thing changed at a time: the changes that make it smaller, the strongest first. The shorter the bar, the more of the bias comes from what was changed. Two causes may hide one another: where each would suffice alone, either change does little. Not a list of faults: networks that train well often begin biased.',
  axes: [{ name: 'change' }],
  streams: ['probe'],
  cadence: 'schedule',
  part: 'expectation',
  panels: [
    {
      group: 'Initial guesses',
      title: 'What makes the first guesses uneven',
      chart: 'bar',
      series: 'Gamma by theory',
      axisTitles: ['', 'gamma by theory'],
    },
  ],
  ofRun: ({ expected }) => ({ labels: ['as it is', ...(expected?.theory?.causes ?? []).map(changeOf)] }),
  measure: ({ expected }) => {
    const { gamma = null, causes = [] } = expected?.theory ?? {};
    if (gamma === null || !Number.isFinite(gamma)) return null;
    return [gamma, ...causes.map(({ without }) => without)];
  },
});
