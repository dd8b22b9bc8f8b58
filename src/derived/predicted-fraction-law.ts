import { defineDerived } from '../derived.ts';
import { atStart, lawAt, lawPanel, SHARE_AXIS } from './guess-law.ts';

export default defineDerived({
  id: 'predicted-fraction-law',
  stream: 'probe',
  help: 'The same law at the gamma that theory predicts from layers, initialisers and inputs, without looking at any network. Where it lies beside the survey, the network is narrower than theory takes it to be, or its weights are not independent (convolutions share them).',
  axes: [SHARE_AXIS],
  reads: ['probe/predicted-gamma', 'probe/support'],
  panels: [lawPanel('Law by theory')],
  derive: (evidence, last) =>
    last === null ? lawAt(evidence, atStart(evidence.history, 'probe/predicted-gamma')?.[0]) : null,
});
