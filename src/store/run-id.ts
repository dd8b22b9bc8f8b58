/** Which run ids there are: opaque, and safe as a file name on every system. Never a path. */
const RUN_ID = /^[a-z0-9][a-z0-9-]{3,63}$/;

/** File names that Windows keeps for devices, whatever their extension (those long enough to be a run id). */
const DEVICE = /^(com|lpt)[0-9]$/;

/** Whether a text can name a run: 4 to 64 lower-case letters, digits and hyphens, not starting with a hyphen. */
export function isRunId(text: unknown): text is string {
  return typeof text === 'string' && RUN_ID.test(text) && !DEVICE.test(text);
}

/** Throws a RangeError with one sentence if the text cannot name a run. */
export function checkRunId(text: unknown): asserts text is string {
  if (isRunId(text)) return;
  const shown = typeof text === 'string' ? JSON.stringify(text.slice(0, 80)) : typeof text;
  throw new RangeError(
    `Expected a run id of 4 to 64 lower-case letters, digits and hyphens, got ${shown}: take one that \`classwatch list\` shows.`,
  );
}
