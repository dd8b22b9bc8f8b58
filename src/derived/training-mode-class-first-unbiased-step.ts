import { defineDerived } from '../derived.ts';
import { byClass, TRAINING } from './guess-course.ts';

export default defineDerived({
  id: 'training-mode-class-first-unbiased-step',
  stream: 'probe',
  help: 'When the initial bias of a class has cleared: unbiased is the first of three measurements in a row whose guesses lie no farther from the true shares than chance explains (99 %), or than a tenth of the first distance. Missing: not yet. In training mode.',
  axes: ['class'],
  reads: [TRAINING],
  panels: [
    {
      group: 'Initial guesses',
      title: 'Time to unbias by class in training mode (steps)',
      chart: 'bar',
      series: 'First unbiased step',
      missing: 'not yet',
    },
  ],
  derive: (evidence, last) => byClass(evidence, TRAINING, 'firstUnbiased', last),
});
