/** A slider over the measurements that are kept; at its end it follows the run. */
import type { Panel } from '../../src/record.ts';
import { element, setData, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { measurementAt } from '../matrices.ts';

export class LookBack {
  readonly root: HTMLElement;
  private readonly panel: Panel;
  private readonly slider = element('input', { type: 'range', min: '0' });
  private readonly moment = element('output');
  private kept = 0;
  /** Position of the slider; null: the first or last measurement, as the panel declares. */
  private position: number | null = null;

  /** `beside`: what stands on the same line. */
  constructor(panel: Panel, chosen: () => void, ...beside: readonly Node[]) {
    this.panel = panel;
    this.slider.setAttribute('aria-label', `Measurement of ${panel.title} to show`);
    this.slider.addEventListener('input', () => {
      const at = Number(this.slider.value);
      this.position = at === this.kept - 1 && panel.at !== 'first' ? null : at;
      chosen();
    });
    this.root = element('div', { class: 'look-back' }, this.slider, this.moment, ...beside);
  }

  /** The measurement to show; null: as the panel says. */
  get chosen(): number | null {
    return this.position;
  }

  /** So many are kept; `step`: of the one that is shown, null where there is none. */
  show(kept: number, step: number | null): void {
    this.kept = kept;
    this.slider.hidden = kept < 2;
    if (step === null) return;
    setData(this.slider, 'max', String(kept - 1));
    this.slider.value = String(measurementAt(this.panel, kept, this.position));
    setText(this.moment, `step ${formatCount(step)}`);
    this.slider.setAttribute('aria-valuetext', `step ${step}`);
  }
}
