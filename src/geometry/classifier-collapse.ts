import { equiangularity, equinorm, meanCosine } from './simplex.ts';

/** Lengths of the R rows of a classifier, and the cosine between every two, R x R: null where a row is 0. As `frameOf` gives them. */
export interface Frame {
  readonly norms: ArrayLike<number>;
  readonly cosines: readonly (number | null)[];
}

/** What is to be said of a classifier alone: how far it is from a simplex frame, and whether its minority rows become one. */
export function classifierCollapse({ norms, cosines }: Frame, minority: readonly number[]) {
  const { cosine, normVariation } = groupCollapse({ norms, cosines }, minority);
  return {
    equinormClassifier: equinorm(norms),
    equiangularityClassifier: equiangularity(cosines, norms.length),
    minorityCosine: cosine,
    normVariation,
  };
}

/** Mean cosine over pairs of the rows of some classes, and how much their lengths differ; null below two classes and where rows are 0. */
export function groupCollapse({ norms, cosines }: Frame, classes: readonly number[]) {
  const size = norms.length;
  const among = classes.flatMap((a) => classes.map((b) => cosines[a * size + b]!));
  return { cosine: meanCosine(among, classes.length), normVariation: equinorm(classes.map((c) => norms[c]!)) };
}

export type ClassifierCollapse = ReturnType<typeof classifierCollapse>;
