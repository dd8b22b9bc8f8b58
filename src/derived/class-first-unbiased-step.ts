import { defineDerived } from '../derived.ts';
import { byClass, EVALUATION } from './guess-course.ts';

export default defineDerived({
  id: 'class-first-unbiased-step',
  stream: 'probe',
  help: 'When the initial bias of a class has cleared: unbiased is the first of three measurements in a row whose guesses lie no farther from the true shares than chance explains (99 %), or than a tenth of the first distance. Missing: not yet.',
  axes: ['class'],
  reads: [EVALUATION],
  panels: [
    {
      group: 'Initial guesses',
      title: 'Time to unbias by class (steps)',
      chart: 'bar',
      series: 'First unbiased step',
      missing: 'not yet',
    },
  ],
  derive: (evidence, last) => byClass(evidence, EVALUATION, 'firstUnbiased', last),
});
