import { countedIn } from '../counted.ts';
import { defineDerived } from '../derived.ts';
import { minorityOf } from '../theory/minority.ts';
import { meanCosine } from '../theory/practical-collapse.ts';
import { PEELED_READS, peeledInputs } from './peeled-inputs.ts';
import { peeledSolution } from './peeled-solution.ts';

export default defineDerived({
  id: 'predicted-minority-cosine',
  stream: 'model',
  help: 'What the minority cosine becomes if the network spends what it now spends on classifier and features in the best way: optimum of the layer-peeled model (Fang, He, Long, Su, PNAS 2021) at the present counts and centred energies. 1: it pays to give up telling the rare classes apart. Where the measured curve is going, not where it is; the first steps, when energies still change, are no forecast. Missing where the rows of the minority would vanish. Not predicted without weight decay, which is what holds the energies.',
  axes: [],
  reads: PEELED_READS,
  panels: [
    {
      group: 'Minority collapse',
      title: 'Minority cosine',
      chart: 'line',
      series: 'predicted',
      bounds: [-1, 1],
      missing: 'collapsed to zero, where there is no cosine',
    },
  ],
  derive(evidence) {
    const { run, history } = evidence;
    const inputs = peeledInputs(evidence);
    const minority = inputs === null ? [] : minorityOf(run, countedIn(history, run.classNames.length));
    if (inputs === null || minority.length < 2) return null;
    return [meanCosine(peeledSolution(history, inputs), minority)];
  },
});
