/** The classes: one key for all charts. Hover shows a class everywhere, click switches it; where there are many, a search picks some. */
import { isFew, type Scene } from './charts/scene.ts';
import { ClassSearch } from './class-search.ts';
import { element, setText } from './dom.ts';
import { formatCount } from './format.ts';
import { classStyle, MAX_LINES } from './palette.ts';
import { formatStep } from './step-axis.ts';
import { toggled, type View, type ViewStore } from './view.ts';

export class ClassBar {
  private readonly view: ViewStore;
  private readonly chips = element('div', { class: 'chips', role: 'group', 'aria-label': 'Classes' });
  private readonly search: ClassSearch;
  private readonly showAll = element('button', { type: 'button', class: 'quiet', text: 'Show all' });
  private readonly unzoom = element('button', { type: 'button', class: 'quiet' });
  readonly root: HTMLElement;
  private shown = '';

  constructor(view: ViewStore) {
    this.view = view;
    this.search = new ClassSearch((index) => this.pick(index));
    this.showAll.addEventListener('click', () => view.change({ hidden: new Set() }));
    this.unzoom.addEventListener('click', () => view.change({ range: null }));
    this.root = element(
      'nav',
      { class: 'class-bar', 'aria-label': 'Classes' },
      this.search.root,
      this.chips,
      this.showAll,
      this.unzoom,
    );
  }

  draw(scene: Scene, counts: readonly number[] | null): void {
    const { classNames, view, palette } = scene;
    const few = isFew(classNames.length);
    const key = JSON.stringify([classNames, counts, palette.theme, few ? null : view.picked]);
    if (key !== this.shown) this.build(scene, counts, few);
    this.shown = key;
    this.mark(view, few);
    this.showAll.hidden = !few || view.hidden.size === 0;
    this.unzoom.hidden = view.range === null;
    if (view.range !== null) setText(this.unzoom, `Steps ${view.range.map(formatStep).join('–')} ×`);
    this.root.hidden = classNames.length === 0;
  }

  private build({ classNames, view, palette }: Scene, counts: readonly number[] | null, few: boolean): void {
    this.search.root.hidden = few;
    if (!few) this.search.offer(classNames);
    const shown = few ? classNames.map((_, i) => i) : view.picked;
    this.chips.replaceChildren(
      ...shown.map((index, place) => {
        const chip = element('button', { type: 'button', class: 'chip', 'data-class': String(index) });
        const name = classNames[index] ?? '';
        const count = counts?.[index];
        chip.append(swatch(classStyle(palette, place)), element('span', { class: 'name', text: name }));
        if (count !== undefined) chip.append(element('span', { class: 'count', text: formatCount(count) }));
        if (!few) chip.append(element('span', { class: 'count', text: '×', 'aria-hidden': 'true' }));
        chip.title = few
          ? `${name}: click to switch off or on, shift-click for this class alone`
          : `${name}: click to remove`;
        this.listen(chip, index, few);
        return chip;
      }),
    );
    if (!few && view.picked.length === 0) {
      this.chips.append(
        element('span', { class: 'hint', text: `${classNames.length} classes: search to draw some as lines` }),
      );
    }
  }

  private listen(chip: HTMLElement, index: number, few: boolean): void {
    const focus = () => this.view.change({ highlight: index });
    const blur = () => this.view.change({ highlight: null });
    chip.addEventListener('pointerenter', focus);
    chip.addEventListener('pointerleave', blur);
    chip.addEventListener('focus', () => chip.matches(':focus-visible') && focus());
    chip.addEventListener('blur', blur);
    chip.addEventListener('click', (event) => {
      if (!few)
        this.view.change({ picked: this.view.value.picked.filter((picked) => picked !== index), highlight: null });
      else if (event.shiftKey) this.isolate(index);
      else this.view.change({ hidden: toggled(this.view.value.hidden, index) });
    });
  }

  /** This class alone; all again if it is alone already. */
  private isolate(index: number): void {
    const { hidden } = this.view.value;
    const all = [...this.chips.children].map((_, i) => i);
    const isAlone = !hidden.has(index) && hidden.size === all.length - 1;
    this.view.change({ hidden: new Set(isAlone ? [] : all.filter((other) => other !== index)) });
  }

  private pick(index: number): void {
    const { picked } = this.view.value;
    if (!picked.includes(index)) this.view.change({ picked: [...picked, index].slice(-MAX_LINES) });
  }

  private mark({ hidden, highlight }: View, few: boolean): void {
    for (const chip of this.chips.querySelectorAll('.chip')) {
      const index = Number(chip.getAttribute('data-class'));
      const isOn = !few || !hidden.has(index);
      chip.setAttribute('aria-pressed', String(isOn));
      chip.classList.toggle('faded', highlight !== null && highlight !== index);
    }
  }
}

/** A short piece of a line in the colour and dash of a class. */
function swatch({ color, dash }: { readonly color: string; readonly dash: readonly number[] }): HTMLElement {
  const line = element('span', { class: 'swatch', 'aria-hidden': 'true' });
  line.style.borderTop = `3px ${dash.length === 0 ? 'solid' : 'dashed'} ${color}`;
  return line;
}
