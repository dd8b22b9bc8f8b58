/** One chart on the page: title, stream, help, plot, caption and numbers. */
import { element, setText } from './dom.ts';
import type { ChartSpec } from './panels.ts';
import { BarPlot } from './plots/bar-plot.ts';
import { DistributionPlot } from './plots/distribution-plot.ts';
import { LinePlot } from './plots/line-plot.ts';
import { MatrixPlot } from './plots/matrix-plot.ts';
import { PairPlot } from './plots/pair-plot.ts';
import { PlanePlot } from './plots/plane-plot.ts';
import type { Plot, PlotContext } from './plots/plot.ts';

const PLOTS = {
  line: LinePlot,
  bar: BarPlot,
  heatmap: MatrixPlot,
  pairs: PairPlot,
  distribution: DistributionPlot,
  plane: PlanePlot,
} as const;

const BETTER = { higher: 'Higher is better.', lower: 'Lower is better.' } as const;

export class Card {
  readonly root: HTMLElement;
  readonly spec: ChartSpec;
  /** Whether the card is on or near the screen. */
  isVisible = false;
  private readonly context: PlotContext;
  private readonly plot: Plot;
  private readonly value = element('span', { class: 'value' });
  private readonly warning = element('span', { class: 'warning' });
  private readonly note = element('p', { class: 'note' });

  constructor(spec: ChartSpec, context: PlotContext) {
    this.spec = spec;
    this.context = context;
    this.plot = new PLOTS[spec.chart](spec, context);
    const title = element('h3', { text: spec.title, title: spec.title });
    const stream = element('span', { class: 'stream', text: spec.stream, title: `stream ${spec.stream}` });
    const numbers = element(
      'details',
      { class: 'numbers' },
      element('summary', { class: 'numbers-toggle', text: 'Numbers' }),
      this.plot.numbers,
    );
    numbers.addEventListener('toggle', this.tabulate);
    const head = element('header', {}, title, stream, this.warning, this.value, helpOf(spec));
    const foot = element('footer', {}, this.note, numbers);
    this.root = element(
      'article',
      { class: `card ${spec.chart}`, 'data-chart': spec.title, 'data-stream': spec.stream },
      head,
      this.plot.root,
      foot,
    );
  }

  /** Draws the run as it stands. */
  readonly draw = (): void => {
    this.plot.draw(this.context.scene());
  };

  /** Writes numbers and caption as they stand. */
  readonly tabulate = (): void => {
    const { note, value, warning } = this.plot.tabulate(this.context.scene());
    setText(this.note, note);
    this.note.title = note;
    setText(this.value, value ?? '');
    setText(this.warning, warning ? `▲ ${warning}` : '');
  };

  destroy(): void {
    this.plot.destroy();
  }
}

/** What the metrics of a chart mean, in their own words. */
function helpOf({ title, layers }: ChartSpec): HTMLElement {
  const summary = element('summary', {
    class: 'help-toggle',
    text: 'i',
    title: `About: ${title}`,
    'aria-label': `About ${title}`,
  });
  const texts = layers.flatMap(({ name, label, declaration, panel }) => [
    element('dt', { text: layers.length > 1 ? `${label} (${name})` : name }),
    element('dd', { text: panel.better ? `${declaration.help} ${BETTER[panel.better]}` : declaration.help }),
  ]);
  const help = element('details', { class: 'help' }, summary, element('dl', { class: 'help-text' }, ...texts));
  help.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') help.open = false;
  });
  return help;
}
