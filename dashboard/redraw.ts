/** Drawing at the pace of the screen, and not more often than is any use. */

/** Largest share of the page's time that drawing may take: the rest is for scrolling and clicking. */
const MAX_SHARE = 0.4;

/**
 * Calls `draw` on an animation frame after a request, at most once per `interval` milliseconds, and less often where drawing itself
 * takes long.
 */
export function redrawer(draw: () => void, interval: number): () => void {
  let asked = false;
  let notBefore = -Infinity;
  const frame = (now: number) => {
    if (now < notBefore) {
      requestAnimationFrame(frame);
      return;
    }
    asked = false;
    const start = performance.now();
    draw();
    const took = performance.now() - start;
    notBefore = start + Math.max(interval, took / MAX_SHARE);
  };
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(frame);
  };
}
