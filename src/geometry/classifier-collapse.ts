import { equiangularity, equinorm, meanCosine } from './simplex.ts';

/** Lengths of the R rows of a classifier, and the cosine between every two, R x R: null where a row is 0. As `frameOf` gives them. */
export interface Frame {
  readonly norms: ArrayLike<number>;
  readonly cosines: readonly (number | null)[];
}

/** What is to be said of a classifier alone: how far it is from a simplex frame, and whether its minority rows become one. */
export function classifierCollapse({ norms, cosines }: Frame, minority: readonly number[]) {
  const size = norms.length;
  const among = minority.flatMap((a) => minority.map((b) => cosines[a * size + b]!));
  return {
    equinormClassifier: equinorm(norms),
    equiangularityClassifier: equiangularity(cosines, size),
    minorityCosine: meanCosine(among, minority.length),
    normVariation: equinorm(minority.map((c) => norms[c]!)),
  };
}

export type ClassifierCollapse = ReturnType<typeof classifierCollapse>;
