/** Drawing at the pace of the screen, and not more often than is any use. */

/** Calls `draw` on an animation frame after a request, at most once per `interval` milliseconds. */
export function redrawer(draw: () => void, interval: number): () => void {
  let asked = false;
  let drawnAt = -Infinity;
  const frame = (now: number) => {
    if (now - drawnAt < interval) {
      requestAnimationFrame(frame);
      return;
    }
    asked = false;
    drawnAt = now;
    draw();
  };
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(frame);
  };
}
