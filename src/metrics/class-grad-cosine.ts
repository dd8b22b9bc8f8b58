import { defineMetric } from '../metric.ts';
import { gramCosines, spreadPairs } from '../stats/gram.ts';

export default defineMetric({
  id: 'class-grad-cosine',
  help: 'Cosine between the gradients of every two classes of one batch: below 0 a step for one class undoes a step for the other, to first order, and only for plain gradient descent without batch normalization. Missing where a class is absent. By batch position: examples are told apart by their place in the batch, so that the class gradients add up to the gradient also with BatchNorm.',
  part: 'gradients',
  axes: ['class', 'class'],
  streams: ['train'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Gradients of the classes',
      title: 'Cosine between class gradients',
      chart: 'heatmap',
      bounds: [-1, 1],
      axisTitles: ['Class', 'Class'],
    },
    {
      group: 'Gradients of the classes',
      title: 'Class against class over time',
      chart: 'pairs',
      series: 'cosine',
      bounds: [-1, 1],
    },
  ],
  measure: ({ gradients, gradientNorms, classes }) =>
    gradients === null || gradientNorms === null || gradientNorms.length === 0
      ? null
      : spreadPairs(gramCosines(gradients.gram, gradientNorms), gradients.present, classes),
});
