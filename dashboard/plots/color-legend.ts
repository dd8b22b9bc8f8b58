/** The colours of a heat map from the low to the high end, with both ends in numbers. */
import { type ColorScale, cssColor } from '../color-scale.ts';
import { element, setText } from '../dom.ts';
import { formatShort } from '../format.ts';

export class ColorLegend {
  private readonly low = element('span');
  private readonly ramp = element('span', { class: 'ramp' });
  private readonly high = element('span');
  private readonly kind = element('span');
  readonly root = element(
    'div',
    { class: 'color-legend', 'aria-hidden': 'true' },
    this.kind,
    this.low,
    this.ramp,
    this.high,
  );
  private shown: ColorScale | null = null;

  show(scale: ColorScale): void {
    setText(this.kind, scale.isLog ? 'log' : '');
    setText(this.low, formatShort(scale.low));
    setText(this.high, formatShort(scale.high));
    if (scale.stops !== this.shown?.stops) {
      this.ramp.style.background = `linear-gradient(to right, ${scale.stops.map(cssColor).join(', ')})`;
    }
    this.shown = scale;
  }
}
