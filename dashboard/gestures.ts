/** What a pointer does on a plot: look at a point, or drag over a range of it. */
import { element } from './dom.ts';

export interface GestureHandlers {
  /** Pointer at a point of the plot, in its pixels. */
  readonly look: (x: number, y: number, event: PointerEvent) => void;
  readonly leave: () => void;
  /** A range was dragged over, left to right, in pixels of the plot. Without it dragging does nothing. */
  readonly drag?: (from: number, to: number) => void;
  readonly reset?: () => void;
}

/** Shorter drags are clicks. */
const MIN_DRAG = 8;

/** Watches the pointer over a plot. Touch looks and scrolls, it does not drag. */
export function followGestures(plot: HTMLElement, { look, leave, drag, reset }: GestureHandlers): void {
  const selection = element('div', { class: 'selection' });
  selection.hidden = true;
  plot.append(selection);
  let start: number | null = null;
  const at = (event: PointerEvent): [number, number] => {
    const { left, top } = plot.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const stretch = (x: number) => {
    if (start === null) return;
    selection.hidden = Math.abs(x - start) < MIN_DRAG;
    selection.style.left = `${Math.min(x, start)}px`;
    selection.style.width = `${Math.abs(x - start)}px`;
  };
  plot.addEventListener('pointermove', (event) => {
    const [x, y] = at(event);
    stretch(x);
    look(x, y, event);
  });
  plot.addEventListener('pointerdown', (event) => {
    const [x, y] = at(event);
    if (event.pointerType === 'touch') look(x, y, event);
    else if (drag !== undefined && event.button === 0) {
      start = x;
      plot.setPointerCapture(event.pointerId);
    }
  });
  plot.addEventListener('pointerup', (event) => {
    const [x] = at(event);
    if (start !== null && Math.abs(x - start) >= MIN_DRAG) drag?.(Math.min(x, start), Math.max(x, start));
    start = null;
    selection.hidden = true;
  });
  plot.addEventListener('pointerleave', leave);
  plot.addEventListener('pointercancel', leave);
  if (reset !== undefined) plot.addEventListener('dblclick', reset);
}
