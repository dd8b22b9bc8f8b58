import { requireLength, requireNonNegative, requireRows } from './requirement.ts';

export interface CentredEnergiesInput {
  /** Rows w_c of the last dense layer, C x D. */
  readonly classifier: ArrayLike<ArrayLike<number>>;
  /** Class means mu_c of the features that enter it, over training examples, C x D. */
  readonly classMeans: ArrayLike<ArrayLike<number>>;
  /** Mean |h - mu_c|^2 over the training examples of each class, C. */
  readonly withinClass: ArrayLike<number>;
}

/**
 * The energies that a network in training spends, as the layer-peeled model takes them: weightEnergy = mean |w_c - wbar|^2, and featureEnergy
 * = mean over classes of the mean |h - hbar|^2 over training examples, that is mean_c (withinClass_c + |mu_c - hbar|^2), with wbar the mean row and
 * hbar the mean of the class means. What all classes have in common does not tell them apart: raw energies predict no
 * collapse where there is one.
 *
 * @throws RangeError for rows that are not finite or not as many as each other, and for a negative mean square.
 */
export function centredEnergies({ classifier, classMeans, withinClass }: CentredEnergiesInput): {
  readonly weightEnergy: number;
  readonly featureEnergy: number;
} {
  requireRows('classifier', classifier);
  requireRows('classMeans', classMeans);
  requireLength('classMeans', classMeans, classifier.length, 'row of classifier');
  requireLength('withinClass', withinClass, classifier.length, 'row of classifier');
  let within = 0;
  for (let c = 0; c < withinClass.length; c++) {
    requireNonNegative(`withinClass[${c}]`, withinClass[c]!);
    within += withinClass[c]! / withinClass.length;
  }
  return { weightEnergy: meanSquareSpread(classifier), featureEnergy: within + meanSquareSpread(classMeans) };
}

/** Mean squared distance of the rows from their mean. */
function meanSquareSpread(rows: ArrayLike<ArrayLike<number>>): number {
  let spread = 0;
  for (let j = 0; j < rows[0]!.length; j++) {
    let mean = 0;
    for (let c = 0; c < rows.length; c++) mean += rows[c]![j]! / rows.length;
    for (let c = 0; c < rows.length; c++) spread += (rows[c]![j]! - mean) ** 2 / rows.length;
  }
  return spread;
}
