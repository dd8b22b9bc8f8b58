import { Pace } from '../capture/budget/pace.ts';
import { classifierRows } from '../capture/classifier.ts';
import { regularisationOf } from '../capture/engine/model.ts';
import { tidy } from '../capture/engine/tensors.ts';
import type { Evaluation, EvaluationSet } from '../capture/evaluation/evaluation-set.ts';
import { trainingGeometry } from '../capture/features/feature-watch.ts';
import type { Stretch } from '../capture/features/feature-window.ts';
import { setGeometry } from '../capture/features/set-geometry.ts';
import type { FeatureGeometry } from '../capture/geometry-figures.ts';
import { type Examples, Snapshot } from '../capture/snapshot.ts';
import type { PlaneView } from '../geometry/principal-axes.ts';
import { mean } from '../stats/mean.ts';
import type { TensorData } from '../tf.ts';
import { LayerEvaluations } from './layers.ts';
import type { EvaluationParts } from './parts.ts';
import { TrainingModeEvaluations } from './training-mode.ts';

/** Multiply-adds for products between classes, their eigenvalues and singular values below which everything is always looked at. */
const LITTLE = 1e7;
/** Multiply-adds for products between classes alone below which those are: some 10 ms. */
const FEW_PRODUCTS = 2e8;
/** Milliseconds that evaluations by the schedule may take before they have to keep to their share: the first come at every step. */
const GRACE = 2000;
/** The same for what takes long with many classes. */
const GEOMETRY_GRACE = 1000;

/** What is looked at in classifier and features. */
interface Depth {
  readonly isAny: boolean;
  /** NC1, the collapse ratio and the plane as well: multiples of C^3. */
  readonly isThorough: boolean;
}

/** What is measured between two steps, with the weights as they are: sets of examples, the classifier, the monitor itself. */
export class Evaluations {
  private readonly parts: EvaluationParts;
  private readonly trainingMode: TrainingModeEvaluations;
  private readonly layers: LayerEvaluations;
  /** Evaluations by the schedule that were left out. */
  skipped = 0;
  private readonly pace: Pace;
  private readonly geometryPace: Pace;
  private depth: Depth = { isAny: false, isThorough: false };

  constructor(parts: EvaluationParts) {
    this.parts = parts;
    this.trainingMode = new TrainingModeEvaluations(parts);
    this.layers = new LayerEvaluations(parts);
    const { evaluations, features } = parts.budgets;
    this.pace = new Pace(evaluations, GRACE);
    this.geometryPace = new Pace(evaluations === 1 ? 1 : (features ?? evaluations), GEOMETRY_GRACE);
  }

  /** Whether the evaluation that the schedule asks for is made; the first always is. Where it is left out, that is counted. */
  isDue(step: number): boolean {
    if (this.pace.due() || step === 0) return true;
    this.skipped++;
    return false;
  }

  /** `isEnd`: of an epoch or of the run; then everything is looked at. */
  at(step: number, epoch: number | null, isEnd: boolean): void {
    this.pace.timed(() => {
      this.parts.guard('The classifier', () => {
        this.depth = this.depthOf(isEnd);
      });
      this.evaluate(step, epoch);
    });
  }

  private depthOf(isEnd: boolean): Depth {
    const { classes } = this.parts;
    const products = classes * (this.parts.classifier()?.kernel.size ?? 0);
    const isThorough = products + 10 * classes ** 3 < LITTLE || isEnd || this.geometryPace.due();
    return { isThorough, isAny: isThorough || products < FEW_PRODUCTS };
  }

  private evaluate(step: number, epoch: number | null): void {
    const { guard, sets, figures, classes, journal } = this.parts;
    for (const set of sets) {
      guard(`The evaluation on ${set.name}`, () => this.evaluateSet(set, step, epoch));
      guard(`The evaluation in training mode on ${set.name}`, () => this.trainingMode.measure(set, step, epoch));
    }
    const [set] = sets;
    if (set !== undefined) guard('The gamma of the layers', () => this.layers.measure(set, step, epoch));
    if (this.depth.isAny) guard('The classifier', () => this.readClassifier(step, epoch));
    journal.measure(new Snapshot({ stream: 'monitor', step, classes, monitor: figures() }), epoch);
  }

  private evaluateSet(set: EvaluationSet, step: number, epoch: number | null): void {
    const { model, predict, readback, decoder, report, classes, journal, whenRead, facts } = this.parts;
    if (model === null && predict === null) return;
    const { isAny, isThorough } = this.depth;
    const asks = this.parts.features !== null && isAny;
    const kernel = asks ? (this.parts.classifier()?.kernel ?? null) : null;
    whenRead(set.evaluate(model, predict, kernel, readback), (evaluation: Evaluation) => {
      const decoded = decoder.decode(set.labels, evaluation.outputs, evaluation.losses);
      if (typeof decoded === 'string') return report(decoded);
      const { examples } = decoded;
      const loss = mean(evaluation.losses?.data ?? examples.losses) + evaluation.regularisation;
      const geometry = this.geometryOf(set, evaluation, examples, isThorough);
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
    isThorough: boolean,
  ): FeatureGeometry | null {
    const { guard, classes, features: watch } = this.parts;
    let geometry: FeatureGeometry | null = null;
    guard(`The geometry of ${name}`, () => {
      if (features === null) return;
      const rows = classifierRows(features.kernel, classes);
      const training = watch?.told ?? null;
      geometry = this.geometryPace.timed(() => setGeometry(features.values, examples, rows, training, isThorough));
    });
    return geometry;
  }

  /** Trouble with it costs the classifier nothing else. */
  private planeOf(stretch: Stretch, rows: Float32Array): PlaneView | null {
    let plane: PlaneView | null = null;
    this.parts.guard('The plane of the classes', () => {
      plane = this.parts.features?.plane.of(stretch, rows) ?? null;
    });
    return plane;
  }

  private reportNone(): void {
    const { model, classes, reads, report } = this.parts;
    if (model === null || !(reads.has('geometry') || reads.has('features'))) return;
    report(
      `Expected a last dense layer with one unit for each of ${classes} classes, got a model without: classifier, features and their collapse are not measured.`,
    );
  }

  private readClassifier(step: number, epoch: number | null): void {
    const { tf, model, readback, classes, journal, minority, features, whenRead, facts } = this.parts;
    const { isThorough } = this.depth;
    const classifier = this.parts.classifier();
    if (classifier === null) {
      this.reportNone();
      return;
    }
    const { kernel, weightDecay } = classifier;
    const reading = tidy(tf, () => {
      const regularisation = model === null || features === null ? null : regularisationOf(model);
      return readback.read(regularisation === null ? [kernel] : [kernel, regularisation]);
    });
    const measure = ([values, regularisation]: TensorData[]) => {
      const rows = classifierRows(values!, classes);
      features?.course.regularised(step, regularisation?.[0] ?? 0);
      const stretch = features?.told ?? null;
      const { counts } = minority;
      const collapse =
        stretch === null || !isThorough ? null : features!.course.of({ stretch, rows, weightDecay, counts });
      const plane = stretch === null || !isThorough ? null : this.planeOf(stretch, rows);
      const parts = { run: facts, classifier: rows, minority: minority.classes, collapse, plane };
      journal.measure(new Snapshot({ ...parts, stream: 'model', step, classes }), epoch);
      const geometry = stretch === null ? null : trainingGeometry(stretch, rows, isThorough);
      if (geometry === null) return;
      journal.measure(new Snapshot({ stream: 'train', step, classes, part: 'features', geometry }), epoch);
    };
    whenRead(reading, (data: TensorData[]) => this.geometryPace.timed(() => measure(data)));
  }
}
