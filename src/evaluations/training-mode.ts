import { tidy } from '../capture/engine/tensors.ts';
import type { EvaluationSet } from '../capture/evaluation/evaluation-set.ts';
import { differsInTraining, trainingModeFault, trainingOutputs } from '../capture/evaluation/training-mode.ts';
import type { Reading } from '../capture/reading/readback.ts';
import { Snapshot } from '../capture/snapshot.ts';
import type { Tally } from '../stats/tally.ts';
import type { ModelLike, TensorData } from '../tf.ts';
import { sharesNoise } from '../theory/share-noise.ts';
import { type DeviationAt, guessDeviation, timeToUnbias } from '../theory/time-to-unbias.ts';
import type { PassParts } from './parts.ts';

/** Deviations of one set in one mode. */
interface Course {
  readonly measurements: DeviationAt[];
  hasCleared: boolean;
}

/**
 * What the sets are guessed to be in training mode, where that is something else. It costs a forward pass more, so it ends when the guesses
 * have cleared in both modes: from then on both say the same of the bias.
 */
export class TrainingModeEvaluations {
  private readonly parts: PassParts;
  private readonly courses = new Map<EvaluationSet, { readonly evaluation: Course; readonly training: Course }>();

  constructor(parts: PassParts) {
    this.parts = parts;
  }

  /** The guesses of a set in evaluation mode. */
  seen(set: EvaluationSet, { step, tally }: Snapshot): void {
    if (tally !== null) follow(this.courseOf(set).evaluation, step, tally);
  }

  /** Asks for those in training mode. */
  measure(set: EvaluationSet, step: number, epoch: number | null): void {
    const { tf, classes, readback, decoder, report, journal, whenRead } = this.parts;
    const model = this.modelFor(set);
    if (model === null) return;
    let shape: readonly number[] = [];
    const reading = tidy(tf, (): Reading | null => {
      const outputs = trainingOutputs(tf, model, set.inputs, set.output, (order) => set.mixed(order));
      shape = outputs.shape.slice();
      return readback.read([outputs]);
    });
    whenRead(reading, ([data]: TensorData[]) => {
      const decoded = decoder.decode(set.labels, { data: data!, shape }, null);
      if (typeof decoded === 'string') return report(decoded);
      const snapshot = new Snapshot({
        stream: set.name,
        step,
        classes,
        part: 'training-mode',
        training: decoded.examples,
      });
      journal.measure(snapshot, epoch);
      follow(this.courseOf(set).training, step, snapshot.trainingTally!);
    });
  }

  /** Null where both modes are the same, or nothing more is to be seen of them. */
  private modelFor(set: EvaluationSet): ModelLike | null {
    const { model, predict, reads, report } = this.parts;
    const { evaluation, training } = this.courseOf(set);
    if (model === null || predict !== null || !reads.has('training-mode')) return null;
    if (evaluation.hasCleared && training.hasCleared) {
      set.forgetMixed();
      return null;
    }
    if (!differsInTraining(model)) return null;
    const fault = trainingModeFault(model, set.size);
    if (fault === null) return model;
    report(`Guesses in training mode are not measured: ${fault}.`);
    return null;
  }

  private courseOf(set: EvaluationSet) {
    const course = (): Course => ({ measurements: [], hasCleared: false });
    const known = this.courses.get(set) ?? { evaluation: course(), training: course() };
    this.courses.set(set, known);
    return known;
  }
}

function follow(course: Course, step: number, { predicted, support, examples }: Tally): void {
  if (course.hasCleared || examples === 0) return;
  const shares = support.map((count) => count / examples);
  const guesses = predicted.reduce((sum, count) => sum + count, 0);
  const fractions = predicted.map((count) => count / examples);
  course.measurements.push({ step, deviation: guesses === 0 ? null : guessDeviation(fractions, shares) });
  course.hasCleared = timeToUnbias(course.measurements, sharesNoise(shares, examples)).firstUnbiased !== null;
}
