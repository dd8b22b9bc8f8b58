/** A search box over class names. */
import { element } from './dom.ts';

const MAX_RESULTS = 8;

/** Classes whose name holds the text, those that start with it first. At most `most`; none for an empty text. */
export function searchClasses(classNames: readonly string[], text: string, most: number): number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const hits = classNames.flatMap((name, index) => {
    const at = name.toLowerCase().indexOf(wanted);
    return at < 0 ? [] : [{ index, at: at === 0 ? 0 : 1 }];
  });
  return hits
    .sort((a, b) => a.at - b.at || a.index - b.index)
    .slice(0, most)
    .map(({ index }) => index);
}

export class ClassSearch {
  private readonly onPick: (index: number) => void;
  private readonly input = element('input', {
    type: 'search',
    placeholder: 'Find a class …',
    'aria-label': 'Find a class',
  });
  private readonly results = element('div', { class: 'results', role: 'group', 'aria-label': 'Classes found' });
  readonly root = element('div', { class: 'search' }, this.input, this.results);
  private classNames: readonly string[] = [];

  constructor(onPick: (index: number) => void) {
    this.onPick = onPick;
    this.results.hidden = true;
    this.input.addEventListener('input', () => this.list());
    this.root.addEventListener('keydown', (event) => this.key(event));
    this.root.addEventListener('focusout', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.root.contains(relatedTarget))) this.results.hidden = true;
    });
  }

  /** Searches these names from now on. */
  offer(classNames: readonly string[]): void {
    this.classNames = classNames;
  }

  private list(): void {
    const found = searchClasses(this.classNames, this.input.value, MAX_RESULTS);
    this.results.replaceChildren(
      ...found.map((index) => {
        const name = this.classNames[index] ?? '';
        const button = element('button', { type: 'button', text: name, title: name, 'data-class': String(index) });
        button.addEventListener('click', () => this.take(index));
        return button;
      }),
    );
    this.results.hidden = found.length === 0;
  }

  private take(index: number): void {
    this.onPick(index);
    this.input.value = '';
    this.results.hidden = true;
    this.input.focus();
  }

  private key(event: KeyboardEvent): void {
    const buttons = [...this.results.querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'Escape') this.results.hidden = true;
    else if (event.key === 'ArrowDown') buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
    else if (event.key === 'ArrowUp') (at <= 0 ? this.input : buttons[at - 1])?.focus();
    else if (event.key === 'Enter' && document.activeElement === this.input && !this.results.hidden)
      buttons[0]?.click();
    else return;
    event.preventDefault();
  }
}
