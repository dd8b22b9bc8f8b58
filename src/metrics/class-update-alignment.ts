import { defineMetric } from '../metric.ts';
import { cosinesWith } from '../stats/gram.ts';

export default defineMetric({
  id: 'class-update-alignment',
  help: 'Cosine between the gradient of each class, downhill, and the move that the optimizer really made, with its momentum, scaling and clipping. Below 0 the step went uphill for the class, to first order in the loss of this batch without BatchNorm. By batch position: examples are told apart by their place in the batch, so that the class gradients add up to the gradient also with BatchNorm.',
  part: 'gradients',
  axes: ['class'],
  streams: ['train'],
  cadence: 'schedule',
  panels: [
    {
      group: 'Gradients of the classes',
      title: 'Alignment with the update',
      chart: 'line',
      bounds: [-1, 1],
      better: 'higher',
    },
  ],
  measure: (snapshot) => {
    const norm = snapshot.update?.measuredUpdateNorm ?? null;
    return snapshot.byClass(({ alongUpdate }, norms) =>
      alongUpdate === null || norm === null ? null : cosinesWith(alongUpdate, norms, norm),
    );
  },
});
