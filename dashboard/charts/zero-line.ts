/** A line at 0 across a chart whose axis goes below and above it: which side a value is on must be seen at once. */
import type { Plugin } from 'chart.js';

/** The plugin; `color` is asked at the time of drawing. */
export function zeroLine(color: () => string): Plugin<'line'> {
  return {
    id: 'zero-line',
    beforeDatasetsDraw: ({ ctx, chartArea, scales }) => {
      const { y } = scales;
      if (y === undefined || y.type !== 'linear' || !(y.min < 0 && y.max > 0)) return;
      const at = Math.round(y.getPixelForValue(0));
      ctx.save();
      ctx.fillStyle = color();
      ctx.fillRect(chartArea.left, at, chartArea.width, 1);
      ctx.restore();
    },
  };
}
