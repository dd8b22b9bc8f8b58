import { defineDerived } from '../derived.ts';
import { atStart, lawAt, lawPanel, SHARE_AXIS } from './guess-law.ts';

export default defineDerived({
  id: 'predicted-fraction-law',
  stream: 'probe',
  help: 'The same law at the gamma that theory predicts from layers, initialisers and inputs, and what finite width adds to it where that is known, without looking at any network. Where it lies beside the survey, the weights are not independent (convolutions share them), or the network is very narrow.',
  axes: [SHARE_AXIS],
  reads: ['probe/predicted-gamma', 'probe/predicted-width-gamma', 'probe/support'],
  panels: [lawPanel('Law by theory')],
  derive: (evidence, last) => {
    const gamma = atStart(evidence.history, 'probe/predicted-gamma')?.[0];
    if (last !== null || gamma === undefined) return null;
    const width = atStart(evidence.history, 'probe/predicted-width-gamma')?.[0] ?? 0;
    return lawAt(evidence, gamma + width);
  },
});
