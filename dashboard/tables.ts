/** Charts in numbers: real tables with exact values, kept up to date. */
import { element, setData, setText } from './dom.ts';
import { formatCount, formatNumber } from './format.ts';
import type { MatrixModel } from './matrices.ts';

/** Tables stop growing here; a larger matrix shows its first rows and columns and says so. */
export const MAX_TABLE_CELLS = 10_000;

/** Longer or larger tables are written only while somebody looks at them: those of many classes take longer than all charts. */
const [MAX_LIVE_LENGTH, MAX_LIVE_CELLS] = [100, 2500];

/** Whether a table of this size is to be written now. */
function isWanted(table: Element, rows: number, columns: number): boolean {
  const isSmall = Math.max(rows, columns) <= MAX_LIVE_LENGTH && rows * columns <= MAX_LIVE_CELLS;
  return isSmall || table.closest('details')?.open !== false;
}

/** The values of one metric at one step. */
export interface ValueList {
  /** `stream/metric`. */
  readonly name: string;
  readonly title: string;
  readonly step: number;
  readonly labels: readonly string[];
  readonly values: readonly (number | null)[];
  /** Shares beside the values, where shares are what is drawn. */
  readonly shares?: readonly (number | null)[];
  /** Examples behind each value. */
  readonly support?: ArrayLike<number>;
  /** What the values run over. */
  readonly axis: string;
}

/** One row per class (or other element) of a metric. Cells hold the exact number in `data-value`; a missing one has none. */
export class ValueTable {
  readonly root = element('table', { class: 'values' });
  private readonly caption = element('caption');
  private readonly head = element('tr');
  private readonly body = element('tbody');
  private shape = '';

  constructor() {
    this.root.append(this.caption, element('thead', {}, this.head), this.body);
  }

  update(list: ValueList): void {
    if (!isWanted(this.root, list.labels.length, 1)) return;
    setData(this.root, 'data-metric', list.name);
    setData(this.root, 'data-step', String(list.step));
    setText(this.caption, `${list.title} · step ${formatCount(list.step)}`);
    const shape = JSON.stringify([list.axis, list.labels, list.shares !== undefined, list.support !== undefined]);
    if (shape !== this.shape) this.build(list);
    this.shape = shape;
    for (let i = 0; i < this.body.rows.length; i++) {
      const [, value, ...more] = this.body.rows[i]!.cells;
      fill(value!, list.values[i] ?? null);
      const extra = [
        ...(list.shares ? [list.shares[i] ?? null] : []),
        ...(list.support ? [list.support[i] ?? null] : []),
      ];
      more.forEach((cell, at) => {
        setText(cell, textOf(extra[at] ?? null));
      });
    }
  }

  private build({ axis, labels, shares, support }: ValueList): void {
    const titles = [axis, 'value', ...(shares ? ['share'] : []), ...(support ? ['examples'] : [])];
    this.head.replaceChildren(...titles.map((text) => element('th', { scope: 'col', text })));
    this.body.replaceChildren(
      ...labels.slice(0, MAX_TABLE_CELLS).map((label, i) => {
        const name = element('th', { scope: 'row', text: label, title: label });
        const cells = titles.slice(1).map((_, at) => element('td', at === 0 ? { 'data-class': String(i) } : {}));
        return element('tr', {}, name, ...cells);
      }),
    );
  }
}

/** A matrix in numbers. `data-class` and `data-column` are the indices of row and column, `data-value` what was measured. */
export class MatrixTable {
  readonly root = element('table', { class: 'values matrix' });
  private readonly caption = element('caption');
  private readonly head = element('thead');
  private readonly body = element('tbody');
  private readonly name: string;
  private readonly title: string;
  private shape = '';
  /** The measurement that it holds. */
  private written: { readonly step: number; readonly count: number } | null = null;

  constructor(name: string, title: string) {
    this.name = name;
    this.title = title;
    this.root.append(this.caption, this.head, this.body);
  }

  update(model: MatrixModel): void {
    const { step, count } = model;
    if (step === this.written?.step && count === this.written.count) return;
    if (!isWanted(this.root, model.rows, model.columns)) return;
    this.written = { step, count };
    this.write(model);
  }

  private write(model: MatrixModel): void {
    const most = Math.floor(Math.sqrt(MAX_TABLE_CELLS));
    const isCut = model.rows * model.columns > MAX_TABLE_CELLS;
    const rows = isCut ? Math.min(model.rows, most) : model.rows;
    const columns = isCut ? Math.min(model.columns, most) : model.columns;
    setData(this.root, 'data-metric', this.name);
    setData(this.root, 'data-step', String(model.step));
    const cut = isCut ? ` · first ${rows} of ${model.rows} rows and ${columns} of ${model.columns} columns` : '';
    setText(this.caption, `${this.title} · step ${formatCount(model.step)}${cut}`);
    const shape = JSON.stringify([rows, columns, model.rowLabels, model.columnLabels]);
    if (shape !== this.shape) this.build(model, rows, columns);
    this.shape = shape;
    for (let row = 0; row < rows; row++) {
      const { cells } = this.body.rows[row]!;
      for (let column = 0; column < columns; column++) {
        const at = row * model.columns + column;
        fill(cells[column + 1]!, model.values[at] ?? null, model.isShare ? (model.shown[at] ?? null) : undefined);
      }
    }
  }

  private build({ rowLabels, columnLabels }: MatrixModel, rows: number, columns: number): void {
    const titles = ['', ...columnLabels.slice(0, columns)];
    this.head.replaceChildren(
      element('tr', {}, ...titles.map((text) => element('th', { scope: 'col', text, title: text }))),
    );
    this.body.replaceChildren(
      ...Array.from({ length: rows }, (_, row) => {
        const label = rowLabels[row] ?? '';
        const cells = Array.from({ length: columns }, (_, column) =>
          element('td', { 'data-class': String(row), 'data-column': String(column) }),
        );
        return element('tr', {}, element('th', { scope: 'row', text: label, title: label }), ...cells);
      }),
    );
  }
}

function fill(cell: Element, value: number | null, share?: number | null): void {
  setText(cell, textOf(value));
  if (value === null) cell.removeAttribute('data-value');
  else setData(cell, 'data-value', String(value));
  if (share === undefined || share === null) cell.removeAttribute('data-share');
  else setData(cell, 'data-share', String(share));
}

function textOf(value: number | null): string {
  return value === null ? '–' : formatNumber(value);
}
