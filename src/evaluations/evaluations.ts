import { Pace } from '../capture/budget/pace.ts';
import { classifierRows } from '../capture/classifier.ts';
import { regularisationOf } from '../capture/engine/model.ts';
import { tidy } from '../capture/engine/tensors.ts';
import type { Evaluation, EvaluationSet } from '../capture/evaluation/evaluation-set.ts';
import { setGeometry } from '../capture/features/set-geometry.ts';
import type { FeatureGeometry } from '../capture/geometry-figures.ts';
import { type Examples, Snapshot } from '../capture/snapshot.ts';
import { mean } from '../stats/mean.ts';
import { ClassifierEvaluations } from './classifier.ts';
import { type Depth, Depths, type End, type Look } from './depth.ts';
import { LayerEvaluations } from './layers.ts';
import type { EvaluationParts } from './parts.ts';
import { TrainingModeEvaluations } from './training-mode.ts';

/** Milliseconds that evaluations by the schedule may take before they have to keep to their share: the first come at every step. */
const GRACE = 2000;
const NONE: Depth = { isAny: false, isThorough: false };

/** What is measured between two steps, with the weights as they are: sets of examples, the classifier, the monitor itself. */
export class Evaluations {
  private readonly parts: EvaluationParts;
  private readonly trainingMode: TrainingModeEvaluations;
  private readonly layers: LayerEvaluations;
  private readonly classifier: ClassifierEvaluations;
  /** Evaluations by the schedule that were left out. */
  skipped = 0;
  private readonly pace: Pace;
  private readonly depths: Depths;
  private evaluatedAt = -1;
  /** Of the last evaluation. */
  private depth: Depth = NONE;

  constructor(parts: EvaluationParts) {
    this.parts = parts;
    this.trainingMode = new TrainingModeEvaluations(parts);
    this.layers = new LayerEvaluations(parts);
    const { evaluations, features } = parts.budgets;
    this.pace = new Pace(evaluations, GRACE);
    this.depths = new Depths(parts.classes, evaluations === 1 ? 1 : (features ?? evaluations));
    this.classifier = new ClassifierEvaluations(parts, this.depths);
  }

  /**
   * What the schedule asks for: a whole evaluation at step 0 and while their share of the time allows it. Else sets are left out, which is counted:
   * the classifier costs little and is looked at all the same.
   */
  bySchedule(step: number, epoch: number | null): void {
    if (this.evaluatedAt === step) return;
    if (this.pace.due() || step === 0) {
      this.at(step, epoch, null);
      return;
    }
    this.skipped++;
    this.classifier.measure({ step, epoch, depth: this.depthAt(null) });
  }

  /** Before a batch whose loss is looked at: what regularisers are to add to it. */
  beforeLoss(step: number): void {
    const { tf, model, readback, features, whenRead, guard } = this.parts;
    if (features === null) return;
    guard('The regularisers', () => {
      const reading = tidy(tf, () => {
        const sum = model === null ? null : regularisationOf(model);
        return sum === null ? [[0]] : readback.read([sum]);
      });
      whenRead(reading, ([values]: ArrayLike<number>[]) => features.course.regularised(step, values![0]!));
    });
  }

  /** Once per step. */
  at(step: number, epoch: number | null, end: End): void {
    if (this.evaluatedAt === step && !(end === 'run' && this.owesLook)) return;
    this.evaluatedAt = step;
    this.pace.timed(() => {
      this.depth = this.depthAt(end);
      this.evaluate({ step, epoch, depth: this.depth });
    });
  }

  /** Whether the run is to end with a thorough look, and the last evaluation, a quick one, was none. */
  private get owesLook(): boolean {
    return this.depth.isAny && !this.depth.isThorough && this.depthAt('run').isThorough;
  }

  private depthAt(end: End): Depth {
    let depth = NONE;
    this.parts.guard('The classifier', () => {
      const kernel = this.parts.classifier()?.kernel;
      if (kernel === undefined) this.classifier.reportNone();
      else depth = this.depths.at(kernel.size / this.parts.classes, end);
    });
    return depth;
  }

  private evaluate(look: Look): void {
    const { guard, sets, figures, classes, journal } = this.parts;
    const { step, epoch } = look;
    for (const set of sets) {
      guard(`The evaluation on ${set.name}`, () => this.evaluateSet(set, look));
      guard(`The evaluation in training mode on ${set.name}`, () => this.trainingMode.measure(set, step, epoch));
    }
    const [set] = sets;
    if (set !== undefined) guard('The gamma of the layers', () => this.layers.measure(set, step, epoch));
    this.classifier.measure(look);
    journal.measure(new Snapshot({ stream: 'monitor', step, classes, monitor: figures() }), epoch);
  }

  private evaluateSet(set: EvaluationSet, { step, epoch, depth }: Look): void {
    const { model, predict, readback, decoder, report, classes, journal, whenRead, facts } = this.parts;
    if (model === null && predict === null) return;
    const asks = this.parts.features !== null && depth.isAny;
    const kernel = asks ? (this.parts.classifier()?.kernel ?? null) : null;
    whenRead(set.evaluate(model, predict, kernel, readback), (evaluation: Evaluation) => {
      const decoded = decoder.decode(set.labels, evaluation.outputs, evaluation.losses);
      if (typeof decoded === 'string') return report(decoded);
      const { examples } = decoded;
      const loss = mean(evaluation.losses?.data ?? examples.losses) + evaluation.regularisation;
      const geometry = this.geometryOf(set, evaluation, examples, depth);
      const snapshot = new Snapshot({ stream: set.name, step, classes, loss, examples, geometry, run: facts });
      journal.measure(snapshot, epoch);
      this.trainingMode.seen(set, snapshot);
    });
  }

  /** Of the set's features; trouble with them costs the set nothing else. */
  private geometryOf(
    { name }: EvaluationSet,
    { features }: Evaluation,
    examples: Examples,
    depth: Depth,
  ): FeatureGeometry | null {
    const { guard, classes, features: watch } = this.parts;
    let geometry: FeatureGeometry | null = null;
    guard(`The geometry of ${name}`, () => {
      if (features === null) return;
      const rows = classifierRows(features.kernel, classes);
      const training = watch?.told ?? null;
      const { isThorough } = depth;
      geometry = this.depths.timed(depth, () => setGeometry(features.values, examples, rows, training, isThorough));
    });
    return geometry;
  }
}
