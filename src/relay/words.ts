/** The few numbers that the training thread and the relay worker share, so that neither has to wait for a message. */
export const WORDS = {
  /** Bytes of frames that the worker has dealt with, modulo 2^32. */
  acknowledged: 0,
  /** 1 once a rule of `stopOn` has fired. */
  shouldStop: 1,
  /** 1 once the worker has put everything away at exit. */
  drained: 2,
} as const;

/** Shared memory for the words. */
export function shareWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * Object.keys(WORDS).length));
}
