import { withRandom } from './seeded-random.ts';

/** Longest list of draws that is kept; a forward pass draws one number per dropout or noise layer. */
const MAX_DRAWS = 1 << 16;

/** Who listens, and how to stop: Math.random is covered once for all. */
const recording = new Set<Draws>();
let uncover: () => void = () => {};

/** What a stretch of training drew from Math.random, to run the same again without drawing anything. */
export class Draws {
  private drawn: number[] = [];
  private isWhole = true;

  /** Notes all draws from now on; training gets what it would have got. */
  record(): void {
    this.drawn = [];
    this.isWhole = true;
    if (recording.size === 0) cover();
    recording.add(this);
  }

  /** Idempotent. */
  stop(): void {
    if (recording.delete(this) && recording.size === 0) uncover();
  }

  /**
   * Runs `f` with the same draws, then puts Math.random back. Null where `f` did not draw exactly as many as there were:
   * it was not the same again.
   */
  replay<T>(f: () => T): T | null {
    let at = 0;
    let state = 1;
    const again = () => {
      const draw = this.drawn[at++];
      if (draw !== undefined) return draw;
      // Never used: but whoever draws until a number suits must come to an end.
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const result = withRandom(again, f);
    return this.isWhole && at === this.drawn.length ? result : null;
  }

  /** A number was drawn. */
  note(draw: number): void {
    if (this.drawn.length < MAX_DRAWS) this.drawn.push(draw);
    else this.isWhole = false;
  }
}

function cover(): void {
  const original = Math.random;
  const covering = () => {
    const draw = original();
    for (const one of recording) one.note(draw);
    return draw;
  };
  Math.random = covering;
  // Somebody who covered it since keeps what they got: it still draws as before.
  uncover = () => {
    if (Math.random === covering) Math.random = original;
  };
}
