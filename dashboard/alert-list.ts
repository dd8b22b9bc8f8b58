/** The alerts of a run: one entry per finding, the open ones first. */
import { type AlertEntry, sortAlerts } from './alerts.ts';
import { element, setText } from './dom.ts';
import { formatCount, formatNumber } from './format.ts';

const LEVELS = { info: 'Info', warn: 'Warning', error: 'Error' } as const;

export class AlertList {
  private readonly open = element('ul');
  private readonly resolved = element('ul');
  private readonly resolvedCount = element('summary', { class: 'past-toggle' });
  private readonly past = element('details', { class: 'past' }, this.resolvedCount, this.resolved);
  readonly root = element(
    'section',
    { id: 'alerts', class: 'alerts', 'aria-live': 'polite', 'aria-label': 'Alerts' },
    this.open,
    this.past,
  );
  private shown: ReadonlyMap<string, AlertEntry> | null = null;
  private readonly items = new Map<string, { entry: AlertEntry; item: HTMLElement }>();

  draw(alerts: ReadonlyMap<string, AlertEntry>): void {
    if (alerts === this.shown) return;
    this.shown = alerts;
    this.root.hidden = alerts.size === 0;
    for (const id of this.items.keys()) if (!alerts.has(id)) this.items.delete(id);
    const sorted = sortAlerts(alerts);
    const past = sorted.filter((entry) => entry.resolved);
    this.place(
      this.open,
      sorted.filter((entry) => !entry.resolved),
    );
    this.place(this.resolved, past);
    this.past.hidden = past.length === 0;
    setText(this.resolvedCount, `${past.length} resolved`);
  }

  /** Only entries that changed are built again, so that open details stay open and nothing is announced twice. */
  private place(list: HTMLElement, entries: readonly AlertEntry[]): void {
    const nodes = entries.map((entry) => {
      const known = this.items.get(entry.body.id);
      if (known?.entry === entry) return known.item;
      const item = itemOf(entry, known?.item.querySelector('details')?.open ?? false);
      this.items.set(entry.body.id, { entry, item });
      return item;
    });
    if (nodes.length !== list.childElementCount || nodes.some((node, i) => list.children[i] !== node)) {
      list.replaceChildren(...nodes);
    }
  }
}

function itemOf({ body, openedAtStep, resolved }: AlertEntry, isOpen: boolean): HTMLElement {
  const [first, last] = body.steps;
  const when = first === last ? `step ${formatCount(first)}` : `steps ${formatCount(first)}–${formatCount(last)}`;
  const details = element(
    'details',
    {},
    element('summary', { text: 'Numbers' }),
    element('dl', { class: 'alert-numbers' }, ...numbersOf({ ...body.numbers, threshold: body.threshold })),
    element('p', { class: 'rule', text: `rule ${body.rule}, opened at step ${formatCount(openedAtStep)}` }),
  );
  details.open = isOpen;
  return element(
    'li',
    { class: resolved ? 'resolved' : body.level, 'data-alert': body.id, 'data-state': body.state },
    element('span', { class: 'level', text: resolved ? 'Resolved' : LEVELS[body.level] }),
    element('p', { class: 'message', text: body.message }),
    element('span', { class: 'when', text: when }),
    element('p', { class: 'remedy', text: body.remedy }),
    details,
  );
}

function numbersOf(numbers: { readonly [name: string]: number }): Node[] {
  return Object.entries(numbers).flatMap(([name, value]) => [
    element('dt', { text: name }),
    element('dd', { text: formatNumber(value), 'data-value': String(value) }),
  ]);
}
