import { weightEnergy } from '../geometry/energy.ts';
import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'weight-energy',
  help: "Mean over classes of the square of the distance between a class' row of the last dense layer and the mean row: what the classifier spends on telling classes apart, a budget in the layer-peeled model (Fang, He, Long, Su, PNAS 2021). It grows while the loss falls and levels off where weight decay holds it; growth without end is normal without weight decay.",
  part: 'geometry',
  axes: [],
  streams: ['model'],
  cadence: 'schedule',
  panels: [{ group: 'Classifier', title: 'Weight energy', chart: 'line', bounds: [0, null] }],
  measure: ({ classifier, classes }) => {
    if (classifier === null) return null;
    // A classifier that diverged must be seen.
    return classifier.every(Number.isFinite) ? weightEnergy(classifier, classifier.length / classes) : Number.NaN;
  },
});
