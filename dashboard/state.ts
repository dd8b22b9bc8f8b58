/** What the page knows, as a reducer over the server's messages. No DOM, no clock. */
import { RunHistory } from '../src/history.ts';
import { historyOf, type PageMessage } from '../src/protocol.ts';
import type { AnyRecord, EndBody, RunBody } from '../src/record.ts';
import type { RunSummary } from '../src/store/store.ts';
import { type AlertEntry, foldAlert } from './alerts.ts';
import type { Connection } from './feed.ts';
import { type Pace, paceOf, samplePace } from './pace.ts';

export interface PageState {
  readonly connection: Connection;
  /** Version of classwatch at the server; empty before it said hello. */
  readonly version: string;
  readonly runs: readonly RunSummary[];
  /** Id of the run that is shown; null while there is none. */
  readonly run: string | null;
  /** Whether the shown run's history has arrived. */
  readonly loaded: boolean;
  /** Mutable fold of the shown run: another object after every seed, the same one while records come. */
  readonly history: RunHistory;
  readonly body: RunBody | null;
  readonly end: EndBody['status'] | null;
  readonly epoch: number | null;
  readonly alerts: ReadonlyMap<string, AlertEntry>;
  readonly pace: Pace;
  /** What the server refused, in its words. */
  readonly error: string | null;
}

export type PageEvent =
  | PageMessage
  | { readonly t: 'connection'; readonly connection: Connection }
  | { readonly t: 'choose'; readonly run: string };

/** The state before anything arrived. */
export function initialState(): PageState {
  return { connection: { phase: 'connecting' }, version: '', runs: [], error: null, ...emptyRun(null) };
}

function emptyRun(run: string | null) {
  const alerts: ReadonlyMap<string, AlertEntry> = new Map();
  return {
    run,
    loaded: false,
    history: new RunHistory(),
    body: null,
    end: null,
    epoch: null,
    alerts,
    pace: paceOf(new RunHistory()),
  };
}

/** The state after an event. The history inside is folded in place; everything else is new. */
export function reduce(state: PageState, event: PageEvent): PageState {
  switch (event.t) {
    case 'connection':
      return { ...state, connection: event.connection };
    case 'hello':
      return { ...state, version: event.version, runs: event.runs, error: null };
    case 'runs':
      return { ...state, runs: event.runs };
    case 'choose':
      return event.run === state.run ? state : { ...state, error: null, ...emptyRun(event.run) };
    case 'seed':
      return event.run === state.run ? seeded(state, event) : state;
    case 'records':
      return event.run === state.run ? event.records.reduce(take, { ...state, loaded: true }) : state;
    case 'error':
      return { ...state, error: event.message };
    default:
      return state;
  }
}

function seeded(state: PageState, seed: Extract<PageMessage, { t: 'seed' }>): PageState {
  const history = historyOf(seed);
  const fresh = {
    ...state,
    ...emptyRun(seed.run),
    loaded: true,
    history,
    pace: paceOf(history),
    epoch: epochOf(history),
  };
  return seed.notices.reduce(notice, fresh);
}

function take(state: PageState, record: AnyRecord): PageState {
  if (!state.history.add(record)) return state;
  const epoch = record.epoch ?? state.epoch;
  if (record.kind === 'measurement') return { ...state, epoch, pace: samplePace(state.pace, record) };
  return notice(state, record);
}

function notice(state: PageState, record: AnyRecord): PageState {
  switch (record.kind) {
    case 'run':
      return { ...state, body: record.body };
    case 'end':
      return { ...state, end: record.body.status };
    case 'alert':
      return { ...state, alerts: foldAlert(state.alerts, record) };
    default:
      return state;
  }
}

function epochOf(history: RunHistory): number | null {
  let latest: { step: number; epoch: number } | null = null;
  for (const { buckets } of history.metrics.values()) {
    const bucket = buckets.at(-1);
    if (bucket === undefined || bucket.epoch === null) continue;
    if (latest === null || bucket.step > latest.step) latest = { step: bucket.step, epoch: bucket.epoch };
  }
  return latest?.epoch ?? null;
}

/** The run that an address names (`#id`); null if it names none. */
export function runInHash(hash: string): string | null {
  try {
    return decodeURIComponent(hash.slice(1)) || null;
  } catch {
    return null;
  }
}

/** Which run to show where nobody chose: the newest live one, else the newest; null if there is none. */
export function preferredRun(runs: readonly RunSummary[]): string | null {
  const newest = runs.toSorted((a, b) => b.started - a.started);
  return (newest.find((run) => run.state === 'live') ?? newest[0])?.run ?? null;
}

export type RunState = RunSummary['state'] | 'unknown';

/** State of the shown run: its own end record first, else what the server's list says. */
export function runState(state: PageState): RunState {
  return state.end ?? state.runs.find((run) => run.run === state.run)?.state ?? 'unknown';
}

/** Name of a class: the run's, else its number. */
export function className(body: RunBody | null, index: number): string {
  return body?.classNames[index] ?? `class ${index}`;
}
