import { classifierRows } from '../capture/classifier.ts';
import { trainingGeometry } from '../capture/features/feature-watch.ts';
import type { Stretch } from '../capture/features/feature-window.ts';
import { Snapshot } from '../capture/snapshot.ts';
import type { PlaneView } from '../geometry/principal-axes.ts';
import type { TensorData } from '../tf.ts';
import type { Depths, Look } from './depth.ts';
import type { EvaluationParts } from './parts.ts';

/** The last dense layer as it stands, beside the features of the examples that train. */
export class ClassifierEvaluations {
  private readonly parts: EvaluationParts;
  private readonly depths: Depths;

  constructor(parts: EvaluationParts, depths: Depths) {
    this.parts = parts;
    this.depths = depths;
  }

  /** Rows of the classifier, and what is known of training features beside them; nothing where the depth has none of it. */
  measure(look: Look): void {
    if (look.depth.isAny) this.parts.guard('The classifier', () => this.read(look));
  }

  private read({ step, epoch, depth }: Look): void {
    const { readback, classes, journal, minority, features, whenRead, facts } = this.parts;
    const { isThorough } = depth;
    const classifier = this.parts.classifier();
    if (classifier === null) return;
    const { kernel, weightDecay } = classifier;
    const measure = ([values]: TensorData[]) => {
      const rows = classifierRows(values!, classes);
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
    whenRead(readback.read([kernel]), (data: TensorData[]) => this.depths.timed(depth, () => measure(data)));
  }

  /** Tells whoever asked for it that the model has no such layer. */
  reportNone(): void {
    const { model, classes, reads, report } = this.parts;
    if (model === null || !(reads.has('geometry') || reads.has('features'))) return;
    report(
      `Expected a last dense layer with one unit for each of ${classes} classes, got a model without: classifier, features and their collapse are not measured.`,
    );
  }

  /** Trouble with it costs the classifier nothing else. */
  private planeOf(stretch: Stretch, rows: Float32Array): PlaneView | null {
    let plane: PlaneView | null = null;
    this.parts.guard('The plane of the classes', () => {
      plane = this.parts.features?.plane.of(stretch, rows) ?? null;
    });
    return plane;
  }
}
