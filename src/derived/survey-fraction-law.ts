import { defineDerived } from '../derived.ts';
import { atStart, lawAt, lawPanel, SHARE_AXIS } from './guess-law.ts';

export default defineDerived({
  id: 'survey-fraction-law',
  stream: 'probe',
  help: 'Law of the share of the first guesses that one class gets, at the gamma of the survey and what finite width adds to it: the probability that it is at most so large, over initialisations of this architecture (Francazi, Lucchi, Baity-Jesi: Initial Guessing Bias, ICML 2024). For a probe of this size: the noise of counting is in it. Drawn as the share of classes that lie in each interval.',
  axes: [SHARE_AXIS],
  reads: ['probe/survey-gamma', 'probe/support'],
  panels: [lawPanel('Law by the survey')],
  derive: (evidence, last) => {
    const gammas = atStart(evidence.history, 'probe/survey-gamma');
    if (last !== null || gammas === null) return null;
    const [gamma, , , width] = gammas;
    return lawAt(evidence, gamma! + width!);
  },
});
