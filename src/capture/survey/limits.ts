import { didYouMean } from '../../nearest.ts';
import { UsageError } from '../../usage-error.ts';
import { surveySettings } from './options.ts';

/** How much the survey may take that `watch` does before training. */
export interface SurveyLimits {
  /** Initialisations; default 8. */
  readonly inits?: number;
  /** No initialisation begins after so many seconds, except the first; default 2. */
  readonly maxSeconds?: number;
  /** Larger models are not surveyed; default 5,000,000. */
  readonly maxParameters?: number;
}

export const SURVEY_LIMITS: Required<SurveyLimits> = { inits: 8, maxSeconds: 2, maxParameters: 5_000_000 };

/** Throws a UsageError for names and values that don't fit. */
export function checkSurveyLimits(survey: boolean | SurveyLimits | undefined): void {
  if (typeof survey !== 'object') return;
  const known = Object.keys(SURVEY_LIMITS);
  const unknown = Object.keys(survey).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Unknown option "survey.${unknown}"${didYouMean(unknown, known, (name) => `"survey.${name}"`)}`,
    );
  }
  surveySettings(survey);
}
