/** What else is known of a run: backend, versions, classes, configuration. */
import type { RunBody } from '../src/record.ts';
import { element, setText } from './dom.ts';
import { formatCount, truncate } from './format.ts';
import type { PageState } from './state.ts';

/** A configuration comes from outside; longer values are cut, further entries left out. */
const MAX_ENTRIES = 100;
const MAX_LENGTH = 400;

export class RunDetails {
  private readonly summary = element('summary');
  private readonly list = element('dl');
  readonly root = element('details', { class: 'run-details' }, this.summary, this.list);
  private shown: RunBody | null = null;

  draw({ body, history, run }: PageState): void {
    this.root.hidden = body === null;
    if (body === null || body === this.shown) return;
    this.shown = body;
    setText(this.summary, summaryOf(body));
    const started = history.notices.find((record) => record.kind === 'run')?.time;
    const entries: [string, string][] = [
      ['run', run ?? ''],
      ...(started === undefined ? [] : ([['started', new Date(started).toLocaleString()]] as [string, string][])),
      ['backend', body.versions.backend],
      ['tfjs', body.versions.tfjs],
      ['classwatch', body.versions.classwatch],
      ['process', String(body.pid)],
      ...(body.inherited === undefined ? [] : ([['inherited bias', body.inherited]] as [string, string][])),
      ...Object.entries(body.config).map(([name, value]): [string, string] => [name, describe(value)]),
    ];
    this.list.replaceChildren(
      ...entries
        .slice(0, MAX_ENTRIES)
        .flatMap(([name, value]) => [
          element('dt', { text: name }),
          element('dd', { text: truncate(value, MAX_LENGTH) }),
        ]),
    );
  }
}

function summaryOf({ versions, classNames, classCounts }: RunBody): string {
  const counts = classCounts === null || classCounts.length === 0 ? '' : countsOf(classCounts);
  return `${versions.backend} backend · tfjs ${versions.tfjs} · classwatch ${versions.classwatch} · ${classNames.length} classes${counts}`;
}

function countsOf(counts: readonly number[]): string {
  let least = Infinity;
  let most = 0;
  let total = 0;
  for (const count of counts) {
    least = Math.min(least, count);
    most = Math.max(most, count);
    total += count;
  }
  return `, ${formatCount(total)} examples, ${formatCount(least)} to ${formatCount(most)} each`;
}

function describe(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
