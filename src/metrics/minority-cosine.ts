import { frameMarks } from '../capture/frame-marks.ts';
import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'minority-cosine',
  help: 'Mean cosine between the rows of the last dense layer over pairs of minority classes: as given by groups, else below the largest gap of at least a factor of 2 in the counts. Healthy is -1/(C-1), a little below 0; 1 is Minority Collapse: these classes have one classifier and cannot be told apart (Fang, He, Long, Su, PNAS 2021). Missing where fewer than two classes are minority, and where their rows are 0.',
  part: 'geometry',
  axes: [],
  streams: ['model'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Minority collapse',
      title: 'Minority cosine',
      chart: 'line',
      series: 'measured',
      bounds: [-1, 1],
      better: 'lower',
      missing: 'one class alone is rare: no pair of rows to compare; name more of them in groups',
    },
  ],
  ofRun: frameMarks,
  // Where there will be no pair that is recorded: with graded counts, say, the rarest class stands alone.
  measure: ({ classifierCollapse, minority }) => {
    if (classifierCollapse === null) return null;
    return minority.length === 1 ? [null] : classifierCollapse.minorityCosine;
  },
});
