import { defineDerived } from '../derived.ts';
import { byClass, TRAINING } from './guess-course.ts';

export default defineDerived({
  id: 'training-mode-class-last-biased-step',
  stream: 'probe',
  help: 'Last measurement at which the share of the guesses of a class was biased, by its own distance from the true share. Beside the first unbiased step: a class without one is still guessed too often or too rarely. In training mode.',
  axes: ['class'],
  reads: [TRAINING],
  panels: [
    {
      group: 'Initial guesses',
      title: 'Time to unbias by class in training mode (steps)',
      chart: 'bar',
      series: 'Last biased step',
    },
  ],
  derive: (evidence, last) => byClass(evidence, TRAINING, 'lastBiased', last),
});
