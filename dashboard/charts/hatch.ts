/** Thin stripes: a value that is missing. */

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels from one stripe to the next. */
const DISTANCE = 5;

/** Fills a box with stripes; they reach beyond it, so clip to it first. */
export function hatch(ctx: CanvasRenderingContext2D, { left, top, width, height }: Box, color: string): void {
  ctx.strokeStyle = color;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let offset = -height; offset < width; offset += DISTANCE) {
    ctx.moveTo(left + offset, top + height);
    ctx.lineTo(left + offset + height, top);
  }
  ctx.stroke();
}
