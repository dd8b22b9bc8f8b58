import { defineMetric } from '../metric.ts';

export default defineMetric({
  id: 'layer-grad-norm',
  help: 'Length of the gradient of each class within each layer: where in the network the classes pull. Missing where the class is absent and where no weight of the layer can be measured. By batch position: examples are told apart by their place in the batch, so that the class gradients add up to the gradient also with BatchNorm.',
  part: 'gradients',
  axes: ['layer', 'class'],
  streams: ['train'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Gradients of the classes',
      title: 'Norm of the class gradient by layer',
      chart: 'heatmap',
      scale: 'log',
      axisTitles: ['Layer', 'Class'],
    },
  ],
  measure: (snapshot) =>
    snapshot.byClass(({ layerSquares }) =>
      layerSquares.map((square) => (square === null ? null : Math.sqrt(Math.max(0, square)))),
    ),
});
