export { columnMoments, normalize, normalizeGradient, normalizeGradientSums } from './batch-norm';
export { correlate, correlateNarrow, frame } from './correlation';
export { depthwiseFilter, depthwiseInput, unframe } from './depthwise';
export { adam, step } from './elementwise';
export { filterGradient } from './filter-gradient';
export { packColumns } from './panel';
export { maxPool } from './pooling';
export { product } from './product';
export { sumRows, sumSegments } from './reduction';
