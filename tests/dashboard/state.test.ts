import { describe, expect, test } from 'vitest';
import { countOpen, sortAlerts } from '../../dashboard/alerts.ts';
import { feedUrl, readMessage, retryDelay } from '../../dashboard/feed.ts';
import { messageOf } from '../../dashboard/message.ts';
import { meanStepsPerSecond, stepsPerSecond } from '../../dashboard/pace.ts';
import {
  initialState,
  type PageEvent,
  type PageState,
  preferredRun,
  reduce,
  runInHash,
  runState,
} from '../../dashboard/state.ts';
import { RunHistory } from '../../src/history.ts';
import { encodeMessage, seedOf } from '../../src/protocol.ts';
import type { AlertBody, AnyRecord } from '../../src/record.ts';
import type { RunSummary } from '../../src/store/store.ts';
import { SmallTraining } from './small-training.ts';

const training = new SmallTraining({ run: 'r', classNames: ['a', 'b', 'c'], stepMs: 20 });
const start = training.start();
const steps = Array.from({ length: 60 }, () => training.next());
const alertBody: AlertBody = {
  id: 'rule/1@3',
  rule: 'rule',
  level: 'warn',
  state: 'opened',
  message: 'Something happened.',
  classes: [1],
  steps: [1, 3],
  numbers: { share: 0.9 },
  threshold: 0.8,
  remedy: 'Do something.',
};

function stateAfter(...events: PageEvent[]): PageState {
  return events.reduce(reduce, initialState());
}

const chosen: PageEvent = { t: 'choose', run: 'r' };
const records = (...lists: AnyRecord[][]): PageEvent => ({ t: 'records', run: 'r', records: lists.flat() });

function summary(more: Partial<RunSummary>): RunSummary {
  return { run: 'r', name: 'r', state: 'live', steps: 0, started: 0, updated: 0, lastSeq: 0, ...more };
}

describe('records', () => {
  test('build up the run, its step, its epoch and its pace', () => {
    const state = stateAfter(chosen, records(start, ...steps));
    expect(state.body?.classNames).toEqual(['a', 'b', 'c']);
    expect(state.history.lastStep).toBe(59);
    expect(state.epoch).toBeGreaterThan(1);
    expect(stepsPerSecond(state.pace)).toBeCloseTo(50, 5);
  });

  test('of another run are not taken', () => {
    const state = stateAfter({ t: 'choose', run: 'other' }, records(start));
    expect(state.history.metrics.size).toBe(0);
  });

  test('seen before change nothing', () => {
    const once = stateAfter(chosen, records(start, ...steps));
    const bucket = () => [...once.history.metrics.get('train/loss')!.buckets.map(({ count }) => count)];
    const before = bucket();
    const twice = reduce(once, records(start, ...steps));
    expect(bucket()).toEqual(before);
    expect(twice.epoch).toBe(once.epoch);
  });

  test('an end record says how the run ended, whatever the list of runs still says', () => {
    const state = stateAfter({ t: 'runs', runs: [summary({})] }, chosen, records(start, [training.end()]));
    expect(runState(state)).toBe('finished');
  });
});

describe('a seed', () => {
  const history = new RunHistory();
  for (const record of [...start, ...steps.flat(), training.alert(alertBody)]) history.add(record);
  const seed = seedOf('r', history) as Extract<PageEvent, { t: 'seed' }>;

  test('replaces the history and gives the same state as the records would', () => {
    const state = stateAfter(chosen, records(start), seed);
    expect(state.history.lastSeq).toBe(history.lastSeq);
    expect(state.body?.name).toBe('r');
    expect(state.epoch).toBe(stateAfter(chosen, records(start, ...steps)).epoch);
    expect(state.alerts.get('rule/1@3')?.body.message).toBe('Something happened.');
    expect(stepsPerSecond(state.pace)).toBeCloseTo(50, 0);
    expect(meanStepsPerSecond(state.pace)).toBeCloseTo(50, 0);
  });

  test('is followed by the records after it', () => {
    const more = training.next();
    const state = stateAfter(chosen, seed, records(more));
    expect(state.history.lastStep).toBe(60);
    expect(state.history.lastSeq).toBe(more.at(-1)!.seq);
  });

  test('of another run is not taken', () => {
    expect(stateAfter({ t: 'choose', run: 'other' }, seed).loaded).toBe(false);
  });
});

describe('alerts', () => {
  const told = (state: AlertBody['state'], more: Partial<AlertBody> = {}) =>
    training.alert({ ...alertBody, ...more, state });

  test('opened, updated and resolved with one id are one entry that knows where it began', () => {
    const state = stateAfter(
      chosen,
      records(start, [told('opened'), told('updated', { message: 'Worse.' }), told('resolved')]),
    );
    expect(state.alerts.size).toBe(1);
    const [entry] = sortAlerts(state.alerts);
    expect(entry).toMatchObject({ resolved: true, body: { state: 'resolved' } });
    expect(countOpen(state.alerts)).toBe(0);
  });

  test('are sorted open before resolved, grave before harmless', () => {
    const list = [
      told('resolved', { id: 'gone', level: 'error' }),
      told('opened', { id: 'info', level: 'info' }),
      told('opened', { id: 'error', level: 'error' }),
      told('opened', { id: 'warn' }),
    ];
    const state = stateAfter(chosen, records(start, list));
    expect(sortAlerts(state.alerts).map(({ body }) => body.id)).toEqual(['error', 'warn', 'info', 'gone']);
    expect(countOpen(state.alerts)).toBe(3);
  });
});

describe('the choice of a run', () => {
  test('is the newest live one, else the newest, else none', () => {
    const old = summary({ run: 'old', started: 1 });
    const ended = summary({ run: 'ended', started: 9, state: 'finished' });
    expect(preferredRun([ended, old, summary({ run: 'new', started: 5 })])).toBe('new');
    expect(preferredRun([summary({ run: 'older', state: 'finished' }), ended])).toBe('ended');
    expect(preferredRun([])).toBeNull();
  });

  test('is read from the address, which may be damaged', () => {
    expect(runInHash('#a%20b')).toBe('a b');
    expect(runInHash('')).toBeNull();
    expect(runInHash('#%')).toBeNull();
  });

  test('of another run forgets the one before', () => {
    const state = stateAfter(chosen, records(start, [training.alert(alertBody)]), { t: 'choose', run: 'other' });
    expect([state.body, state.alerts.size, state.history.metrics.size, state.loaded]).toEqual([null, 0, 0, false]);
  });
});

describe('what stands above the charts', () => {
  const open: PageEvent = { t: 'connection', connection: { phase: 'open' } };

  test('says that there is no run yet, that one is loading, or what the server refused', () => {
    expect(messageOf(stateAfter(open))).toMatch(/^No run yet/);
    expect(messageOf(stateAfter(open, { t: 'runs', runs: [summary({})] }, chosen))).toMatch(/^Loading/);
    expect(messageOf(stateAfter(open, chosen, { t: 'error', message: 'There is no run r.' }))).toBe(
      'There is no run r.',
    );
    expect(messageOf(stateAfter(open, chosen, records(start)))).toBeNull();
  });

  test('says what to do without access', () => {
    expect(messageOf(stateAfter({ t: 'connection', connection: { phase: 'denied' } }))).toMatch(/Open the link/);
  });
});

describe('the feed', () => {
  test('is beside the page, under the same path and with the same security', () => {
    expect(feedUrl({ protocol: 'http:', host: 'h:1', pathname: '/' })).toBe('ws://h:1/live');
    expect(feedUrl({ protocol: 'https:', host: 'h', pathname: '/a/b/index.html' })).toBe('wss://h/a/b/live');
  });

  test('waits longer after every failed attempt, up to five seconds', () => {
    expect([0, 1, 2, 10, 1000].map((attempt) => retryDelay(attempt, 1))).toEqual([250, 500, 1000, 5000, 5000]);
    expect(retryDelay(0, 0)).toBe(188);
  });

  test('refuses text and what is no message', () => {
    const bytes = (value: object) => encodeMessage(value as never).slice().buffer;
    expect(readMessage(bytes({ t: 'runs', runs: [] }))).toEqual({ t: 'runs', runs: [] });
    expect(() => readMessage('hello')).toThrow(/binary frame/);
    expect(() => readMessage(bytes({ kind: 'run' }))).toThrow(/message with a type/);
    expect(() => readMessage(new Uint8Array([0xc1]).buffer)).toThrow();
  });
});
