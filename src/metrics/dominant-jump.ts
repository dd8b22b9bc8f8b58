import { defineMetric } from '../metric.ts';
import { largest } from '../stats/gram.ts';

export default defineMetric({
  id: 'dominant-jump',
  help: 'How often the class with the longest gradient is another one than at the measurement before (1: at every one). Frequent jumps: the classes pull the weights in turns.',
  part: 'gradients',
  axes: [],
  streams: ['train'],
  cadence: 'step',
  weight: { metric: 'gradient-support', total: true },
  panels: [
    { group: 'Gradients of the classes', title: 'Jumps of the longest gradient', chart: 'line', bounds: [0, 1] },
  ],
  measure: ({ gradients, gradientNorms }) => {
    const before = gradients?.previousDominant ?? null;
    if (before === null || gradients === null || gradientNorms === null) return null;
    if (gradientNorms.some(Number.isNaN)) return Number.NaN;
    const at = largest(gradientNorms);
    return at === null ? null : Number(gradients.present[at] !== before);
  },
});
