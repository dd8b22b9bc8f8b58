/** The page: one feed, one state, one view, and what is drawn from them. */
import { AlertList } from './alert-list.ts';
import { countOpen } from './alerts.ts';
import { Board } from './board.ts';
import type { Scene } from './charts/scene.ts';
import { ClassBar } from './class-bar.ts';
import { CurveCache } from './curves.ts';
import { element } from './dom.ts';
import { Feed, feedUrl } from './feed.ts';
import { Message } from './message.ts';
import { PALETTES } from './palette.ts';
import { redrawer } from './redraw.ts';
import { storedStepScale, storedTheme, storeStepScale, storeTheme } from './settings.ts';
import { Signal } from './signal.ts';
import { initialState, type PageEvent, preferredRun, reduce, runInHash, runState } from './state.ts';
import { Tooltip } from './tooltip.ts';
import { TopBar } from './top-bar.ts';
import { type Theme, ViewStore } from './view.ts';

/** Charts are drawn at most this often, in milliseconds; the head, and what the person does, at once. */
const DATA_INTERVAL = 100;

const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
const systemTheme = (): Theme => (prefersDark.matches ? 'dark' : 'light');
const view = new ViewStore({
  stepScale: storedStepScale(),
  range: null,
  theme: storedTheme() ?? systemTheme(),
  highlight: null,
  hidden: new Set(),
  picked: [],
});
const curves = new CurveCache();
const tooltip = new Tooltip();
let state = initialState();

const scene = (): Scene => ({
  history: state.history,
  isLive: runState(state) === 'live',
  classNames: state.body?.classNames ?? [],
  view: view.value,
  palette: PALETTES[view.value.theme],
  curves,
});
const topBar = new TopBar(view, (run) => {
  location.hash = encodeURIComponent(run);
});
const message = new Message();
const alertList = new AlertList();
const classBar = new ClassBar(view);
const board = new Board({ view, tooltip, crosshair: new Signal<number | null>(null), scene });
const page = element('div', { class: 'page' }, topBar.root, message.root, alertList.root, classBar.root, board.root);
document.getElementById('page')?.replaceWith(page, tooltip.root);

function drawHead(): void {
  topBar.draw(state);
  message.draw(state);
  alertList.draw(state.alerts);
  classBar.draw(scene(), state.body?.classCounts ?? null);
  const open = countOpen(state.alerts);
  document.title = `${open > 0 ? `(${open}) ` : ''}${state.body?.name ?? 'classwatch'}`;
}
const headDrawer = redrawer(drawHead, 0);
const dataDrawer = redrawer(() => board.draw(scene(), true), DATA_INTERVAL);
const viewDrawer = redrawer(() => board.draw(scene(), false), 0);

function send(event: PageEvent): void {
  state = reduce(state, event);
  if (event.t === 'hello' || event.t === 'runs') follow();
  if (event.t === 'choose') view.change({ range: null, hidden: new Set(), picked: [] });
  headDrawer();
  dataDrawer();
}

/** Shows the run that the address names, else the newest live one; a run that is shown stays. */
function follow(): void {
  const run = runInHash(location.hash) ?? state.run ?? preferredRun(state.runs);
  if (run === null) return;
  if (run !== state.run) send({ t: 'choose', run });
  feed.watch(run);
}

const feed = new Feed({
  url: feedUrl(location),
  onMessage: send,
  onConnection: (connection) => send({ t: 'connection', connection }),
  lastSeq: (run) => (run === state.run && state.loaded ? state.history.lastSeq : 0),
  isDenied: async () => {
    const { status } = await fetch('./', { method: 'HEAD', cache: 'no-store' });
    return status === 401 || status === 403;
  },
});

view.follow((now, before) => {
  if (now.theme !== before.theme) {
    document.documentElement.dataset.theme = now.theme;
    if (now.theme !== systemTheme() || storedTheme() !== null) storeTheme(now.theme);
  }
  if (now.stepScale !== before.stepScale) storeStepScale(now.stepScale);
  headDrawer();
  viewDrawer();
  // Which classes are on may change what the numbers are of.
  if (now.hidden !== before.hidden || now.picked !== before.picked) dataDrawer();
});
document.documentElement.dataset.theme = view.value.theme;
prefersDark.addEventListener('change', () => {
  if (storedTheme() === null) view.change({ theme: systemTheme() });
});
window.addEventListener('hashchange', follow);
// A lost connection counts down to the next attempt.
setInterval(() => state.connection.phase === 'lost' && headDrawer(), 1000);
headDrawer();
dataDrawer();
feed.open();
