import { tidy } from '../capture/engine/tensors.ts';
import type { EvaluationSet } from '../capture/evaluation/evaluation-set.ts';
import { gammasOf, type LayerSums, layerSums, sample } from '../capture/evaluation/layer-gamma.ts';
import { batchSizeOf, differsInTraining, trainingModeFault } from '../capture/evaluation/training-mode.ts';
import type { Reading } from '../capture/reading/readback.ts';
import { Snapshot } from '../capture/snapshot.ts';
import type { ModelLike, TensorData } from '../tf.ts';
import type { PassParts } from './parts.ts';

/** Examples that the layers see: of gamma, what too few leave of chance is less than what width leaves. */
const EXAMPLES = 256;

/** Gamma layer by layer, on examples of one set: once, before the first step that is seen. */
export class LayerEvaluations {
  private readonly parts: PassParts;
  private isDone = false;

  constructor(parts: PassParts) {
    this.parts = parts;
  }

  measure(set: EvaluationSet, step: number, epoch: number | null): void {
    const { model, predict, reads, report } = this.parts;
    if (this.isDone || model === null || predict !== null || !reads.has('layers')) return;
    this.isDone = true;
    const fault = trainingModeFault(model, set.size);
    if (fault === null) this.ask(model, set, step, epoch);
    else report(`The gamma of the layers is not measured: ${fault}.`);
  }

  private ask(model: ModelLike, set: EvaluationSet, step: number, epoch: number | null): void {
    const { tf, classes, readback, journal, whenRead } = this.parts;
    const modes = differsInTraining(model) ? [false, true] : [false];
    let asked: readonly LayerSums[] = [];
    const reading = tidy(tf, (): Reading | null => {
      const xs = sample(tf, set.inputs, batchSizeOf(model, EXAMPLES));
      asked = modes.map((training) => layerSums(tf, model, xs, set.output, training));
      return readback.read(asked.map(({ sums }) => sums));
    });
    // The device had no room: another time.
    this.isDone = reading !== null;
    whenRead(reading, (data: TensorData[]) => {
      const [evaluation, training = null] = asked.map((sums, i) => gammasOf(sums, data[i]!));
      const names = asked[0]!.layers.map(({ name }) => name);
      journal.measure(
        new Snapshot({
          stream: set.name,
          step,
          classes,
          part: 'layers',
          layerGammas: { names, evaluation: evaluation!, training },
        }),
        epoch,
      );
    });
  }
}
