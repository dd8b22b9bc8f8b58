import { defineMetric } from '../metric.ts';
import { COLLAPSES_FROM, STAYS_APART_TO } from '../theory/collapse-ratio.ts';

export default defineMetric({
  id: 'collapse-ratio',
  help: 'Where the classifiers of the rarest classes are heading: weight decay of the last dense layer against what holds these classes apart, as their counts weigh it. Below 1.1 they stay apart, from 2 on they have become one direction in every run that was looked at, between it is undecided; showing them this many times as often prevents it. Steps right after the start say little. Without weight decay no imbalance is large enough for a collapse: there is no ratio then.',
  part: 'features',
  axes: [],
  streams: ['model'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Minority collapse',
      title: 'Collapse ratio',
      chart: 'line',
      scale: 'log',
      better: 'lower',
      marks: [
        { value: COLLAPSES_FROM, label: `from ${COLLAPSES_FROM} on: collapses` },
        { value: STAYS_APART_TO, label: `up to ${STAYS_APART_TO}: stays apart` },
      ],
      missing: 'no weight decay: no threshold',
    },
  ],
  measure: ({ collapse }) => {
    if (collapse === null) return null;
    // Known to have no ratio is not the same as unknown: the one is recorded as missing, the other not at all.
    return collapse.verdict === 'no weight decay' ? [null] : collapse.rho;
  },
});
