/** One chart on the page with its title, help and numbers. */
import { LineChart } from './charts/line.ts';
import type { Scene } from './charts/scene.ts';
import { element } from './dom.ts';
import type { ChartSpec } from './panels.ts';

export class Card {
  readonly root: HTMLElement;
  private readonly spec: ChartSpec;
  private readonly canvas = element('canvas');
  private chart: LineChart | null = null;

  constructor(spec: ChartSpec) {
    this.spec = spec;
    this.root = element(
      'article',
      { class: 'card' },
      element(
        'header',
        {},
        element('h3', { text: spec.title }),
        element('span', { class: 'stream', text: spec.stream }),
      ),
      element('div', { class: 'plot' }, this.canvas),
    );
  }

  draw(scene: Scene): void {
    if (this.spec.chart !== 'line') return;
    this.chart ??= new LineChart(this.canvas, this.spec);
    this.chart.draw(scene);
  }

  destroy(): void {
    this.chart?.destroy();
  }
}
