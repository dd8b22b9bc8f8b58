import { defineDerived } from '../derived.ts';
import { BOUNDS, NOT_YET, overall, TRAINING } from './guess-course.ts';

export default defineDerived({
  id: 'training-mode-time-to-unbias',
  stream: 'probe',
  help: 'The same of the guesses in training mode; where evaluation mode clears later, the moving statistics of BatchNorm lag behind: what training computes is even by then, and predict follows.',
  axes: [BOUNDS],
  reads: [TRAINING],
  panels: [
    {
      group: 'Initial guesses',
      title: 'Time to unbias (steps)',
      chart: 'bar',
      series: 'Training mode',
      missing: NOT_YET,
    },
  ],
  derive: (evidence, last) => overall(evidence, TRAINING, last),
});
