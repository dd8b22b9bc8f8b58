/** The one floating box that tells what is under the pointer. */
import { element } from './dom.ts';

export interface TooltipRow {
  readonly label: string;
  readonly value: string;
  readonly color?: string;
  readonly isStrong?: boolean;
}

export interface TooltipContent {
  readonly title: string;
  readonly rows: readonly TooltipRow[];
  readonly note?: string;
}

const MARGIN = 14;

export class Tooltip {
  readonly root = element('div', { class: 'tooltip', role: 'presentation' });

  constructor() {
    this.root.hidden = true;
  }

  /** Shows the content beside a point of the window. */
  show({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }, content: TooltipContent): void {
    this.root.replaceChildren(
      element('strong', { text: content.title }),
      element('div', { class: 'rows' }, ...content.rows.flatMap(rowOf)),
      ...(content.note ? [element('small', { text: content.note })] : []),
    );
    this.root.hidden = false;
    const { width, height } = this.root.getBoundingClientRect();
    const fitsRight = clientX + MARGIN + width < window.innerWidth;
    const x = fitsRight ? clientX + MARGIN : Math.max(4, clientX - MARGIN - width);
    const y = Math.min(Math.max(4, clientY - height / 2), Math.max(4, window.innerHeight - height - 4));
    this.root.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  hide(): void {
    this.root.hidden = true;
  }
}

function rowOf({ label, value, color, isStrong }: TooltipRow): Node[] {
  const swatch = element('span', { class: 'dot' });
  if (color !== undefined) swatch.style.background = color;
  const weight = isStrong ? 'strong' : 'plain';
  return [
    swatch,
    element('span', { class: `tip-label ${weight}`, text: label }),
    element('span', { class: `tip-value ${weight}`, text: value }),
  ];
}
