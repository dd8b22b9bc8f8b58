/** A mistake of the caller that is told before training starts: one sentence that says what was expected, what came, what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
