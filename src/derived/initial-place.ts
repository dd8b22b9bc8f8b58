import { defineDerived } from '../derived.ts';
import { atStart, placesAt } from './guess-law.ts';

export default defineDerived({
  id: 'initial-place',
  stream: 'probe',
  help: 'Where this run stands among the initialisations of its architecture: the probability that another one has a smaller top share, at the gamma of the survey and what finite width adds to it, and at the ends of its 95 % interval (the fewer initialisations, the farther apart). 0.5 is the middle. Being above all eight of a survey means little: one run in nine is. (Francazi, Lucchi, Baity-Jesi: Initial Guessing Bias, ICML 2024.)',
  axes: [{ name: 'place', labels: ['place', 'at least', 'at most'] }],
  reads: ['probe/survey-gamma', 'probe/top-share'],
  panels: [
    {
      group: 'Initial guesses',
      title: 'Where the first guesses stand',
      chart: 'distribution',
      role: 'note',
      series: 'Share of initialisations that are less biased than this run',
    },
  ],
  derive: (evidence, last) => {
    const gammas = atStart(evidence.history, 'probe/survey-gamma');
    const top = atStart(evidence.history, 'probe/top-share');
    if (last !== null || gammas === null || top === null) return null;
    const [gamma, low, high, width] = gammas;
    // The larger gamma is, the more is usual, and the lower the place.
    return placesAt(
      evidence,
      top[0]!,
      [gamma!, high!, low!].map((value) => value + width!),
    );
  },
});
