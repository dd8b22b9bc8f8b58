import type { Derived } from '../derived.ts';

/** Every derived metric, in the order of the page. */
export const derivedMetrics: readonly Derived[] = [];
