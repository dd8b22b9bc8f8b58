/** The sections of charts, in order of declaration. Only what is on screen is drawn. */
import { Card } from './card.ts';
import type { Scene } from './charts/scene.ts';
import { element } from './dom.ts';
import { sectionsOf } from './panels.ts';

export class Board {
  readonly root = element('main');
  private cards: Card[] = [];
  private drawnMetrics = -1;
  private history: Scene['history'] | null = null;

  draw(scene: Scene): void {
    if (scene.history !== this.history || scene.history.metrics.size !== this.drawnMetrics) this.build(scene);
    for (const card of this.cards) card.draw(scene);
  }

  private build({ history }: Scene): void {
    this.history = history;
    this.drawnMetrics = history.metrics.size;
    for (const card of this.cards) card.destroy();
    this.cards = [];
    this.root.replaceChildren(
      ...sectionsOf(history).map(({ group, charts }) => {
        const cards = charts.map((spec) => new Card(spec));
        this.cards.push(...cards);
        return element(
          'section',
          {},
          element('h2', { text: group }),
          element('div', { class: 'cards' }, ...cards.map((card) => card.root)),
        );
      }),
    );
  }
}
