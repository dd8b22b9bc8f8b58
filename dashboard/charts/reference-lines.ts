/** Thin lines at the values that a chart is read against, each with its name at the right. */
import type { Plugin } from 'chart.js';
import type { Mark } from '../../src/record.ts';
import type { Palette } from '../palette.ts';
import { FONT } from './font.ts';
import { placeTags } from './line-marks.ts';

/** Pixels from a line up to the middle of its name. */
const ABOVE = 7;

/** The plugin; marks and palette are asked at the time of drawing. */
export function referenceLines(marks: readonly Mark[], palette: () => Palette | null): Plugin<'line'> {
  return {
    id: 'reference-lines',
    beforeDatasetsDraw: ({ ctx, chartArea, scales }) => {
      const colors = palette();
      const { y } = scales;
      if (y === undefined || colors === null) return;
      const shown = marks
        .map(({ value, label }) => ({ label, y: Math.round(y.getPixelForValue(value)) }))
        .filter((mark) => mark.y >= chartArea.top - 1 && mark.y <= chartArea.bottom + 1);
      ctx.save();
      ctx.fillStyle = colors.reference;
      for (const mark of shown) ctx.fillRect(chartArea.left, mark.y, chartArea.width, 1);
      ctx.font = `${FONT.size - 1}px ${FONT.family}`;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'middle';
      ctx.fillStyle = colors.muted;
      const names = shown.map((mark) => ({ ...mark, y: mark.y - ABOVE }));
      for (const { label, y: at } of placeTags(names, chartArea.top, chartArea.bottom)) {
        ctx.fillText(label, chartArea.right - 4, at);
      }
      ctx.restore();
    },
  };
}
