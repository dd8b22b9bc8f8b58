import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'class-plane',
  help: 'Rows of the last dense layer (rays) and class means of the training features (points) in the plane of their two principal axes, each set less its mean and scaled to the same root mean square length: where they are self-dual (NC3), every ray ends in its point. Rare classes whose rays lie in one bundle can no longer be told apart (Minority Collapse). The picture is turned onto the one before, so that classes stay where they are; what lies outside of the plane is not seen.',
  part: 'features',
  axes: ['class', { name: 'place', labels: ['classifier x', 'classifier y', 'class mean x', 'class mean y'] }],
  streams: ['model'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Classifier',
      title: 'Classifier and class means',
      chart: 'plane',
      axisTitles: ['classifier row', 'class mean'],
    },
  ],
  measure: ({ plane }) => {
    if (plane === null) return null;
    return plane.classifier.flatMap((row, c) => [row, plane.means[c]!].flatMap((point) => point ?? [null, null]));
  },
});
