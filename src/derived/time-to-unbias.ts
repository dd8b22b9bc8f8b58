import { defineDerived } from '../derived.ts';
import { BOUNDS, EVALUATION, NOT_YET, overall } from './guess-course.ts';

export default defineDerived({
  id: 'time-to-unbias',
  stream: 'probe',
  help: 'How long the initial bias lasts, over all classes: between the last biased step and the first unbiased one; unbiased is the first of three measurements in a row whose guesses lie no farther from the true shares than chance explains (99 %), or than a tenth of the first distance. Pale, without a second bar: not yet. What matters of an initial bias is whether it clears within the first epochs.',
  axes: [BOUNDS],
  reads: [EVALUATION],
  panels: [
    {
      group: 'Initial guesses',
      title: 'Time to unbias (steps)',
      chart: 'bar',
      series: 'Evaluation mode',
      missing: NOT_YET,
    },
  ],
  derive: (evidence, last) => overall(evidence, EVALUATION, last),
});
