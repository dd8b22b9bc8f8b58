/** The sections of charts, in order of declaration. Only what is on screen is drawn; the numbers of all are kept up to date. */
import { Card } from './card.ts';
import type { Scene } from './charts/scene.ts';
import { element } from './dom.ts';
import { cardSpans, cardsPerRow } from './layout.ts';
import { type ChartSpec, isSameChart, sectionsOf } from './panels.ts';
import type { PlotContext } from './plots/plot.ts';
import { WorkQueue } from './work-queue.ts';

/** Charts this near to the screen are drawn already, so that none is empty when it scrolls in. */
const NEAR = '100px';
/** Milliseconds between two updates of the numbers. */
const NUMBERS_INTERVAL = 500;

export class Board {
  readonly root = element('main', { id: 'charts' });
  private readonly context: PlotContext;
  private readonly observer: IntersectionObserver;
  private readonly cards = new Map<Element, Card>();
  private readonly work = new WorkQueue();
  private history: Scene['history'] | null = null;
  private metrics = 0;
  private tabulatedAt = -Infinity;
  private willCatchUp = false;

  constructor(context: PlotContext) {
    this.context = context;
    new ResizeObserver(() => this.arrange()).observe(this.root);
    this.observer = new IntersectionObserver((entries) => this.moved(entries), { rootMargin: NEAR });
  }

  /** Draws what is on screen. `withNumbers`: the data may have changed, not only the view. */
  draw(scene: Scene, withNumbers: boolean): void {
    if (scene.history !== this.history || scene.history.metrics.size !== this.metrics) this.build(scene);
    for (const card of this.cards.values()) if (card.isVisible) this.work.add(card.draw);
    if (!withNumbers) return;
    const isDue = performance.now() - this.tabulatedAt >= NUMBERS_INTERVAL;
    if (isDue) this.tabulate();
    else this.catchUp();
  }

  /** The last records of a run must reach the numbers of every chart, also when nothing follows them. */
  private catchUp(): void {
    if (this.willCatchUp) return;
    this.willCatchUp = true;
    setTimeout(() => {
      this.willCatchUp = false;
      this.tabulate();
    }, NUMBERS_INTERVAL);
  }

  private tabulate(): void {
    this.tabulatedAt = performance.now();
    for (const card of this.cards.values()) this.work.add(card.tabulate);
  }

  private moved(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const card = this.cards.get(target);
      if (card === undefined) continue;
      if (isIntersecting && !card.isVisible) this.work.add(card.draw);
      card.isVisible = isIntersecting;
    }
  }

  /** Charts that are as they were stay, with whatever is open in them. */
  private build({ history }: Scene): void {
    this.history = history;
    this.metrics = history.metrics.size;
    this.tabulatedAt = -Infinity;
    this.work.clear();
    const before = new Map([...this.cards.values()].map((card) => [card.spec.key, card]));
    this.cards.clear();
    const sections = sectionsOf(history).map(({ group, charts }) => {
      const cards = charts.map((spec) => this.cardOf(spec, before));
      const title = element('h2', { text: group });
      const grid = element('div', { class: 'cards' }, ...cards.map(({ root }) => root));
      return element('section', { 'aria-label': group }, title, grid);
    });
    this.root.replaceChildren(...sections);
    for (const card of before.values()) {
      this.observer.unobserve(card.root);
      card.destroy();
    }
    this.arrange();
  }

  private cardOf(spec: ChartSpec, before: Map<string, Card>): Card {
    const known = before.get(spec.key);
    const isKept = known !== undefined && isSameChart(known.spec, spec);
    if (isKept) before.delete(spec.key);
    const card = isKept ? known : new Card(spec, this.context);
    if (!isKept) this.observer.observe(card.root);
    this.cards.set(card.root, card);
    return card;
  }

  /** Fills the rows of every section. */
  private arrange(): void {
    const perRow = cardsPerRow(this.root.clientWidth);
    for (const grid of this.root.querySelectorAll('.cards')) {
      const spans = cardSpans(grid.childElementCount, perRow);
      [...grid.children].forEach((card, i) => {
        if (card instanceof HTMLElement) card.style.gridColumn = `span ${spans[i]}`;
      });
    }
  }
}
