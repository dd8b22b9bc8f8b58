import type { Rule } from '../rule.ts';
import initialGuessingBias from './initial-guessing-bias.ts';
import minorityCollapse from './minority-collapse.ts';
import movingStatisticsLag from './moving-statistics-lag.ts';
import predictionCollapse from './prediction-collapse.ts';

/** Every rule. */
export const rules: readonly Rule[] = [initialGuessingBias, movingStatisticsLag, predictionCollapse, minorityCollapse];
