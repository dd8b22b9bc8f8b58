/** The page: one feed, one state, one view, and what is drawn from them. */
import { Board } from './board.ts';
import { CurveCache } from './curves.ts';
import { element, setData, setText } from './dom.ts';
import { Feed, feedUrl } from './feed.ts';
import { PALETTES } from './palette.ts';
import { redrawer } from './redraw.ts';
import { initialState, type PageEvent, preferredRun, reduce } from './state.ts';
import { ViewStore } from './view.ts';

let state = initialState();
const view = new ViewStore({
  stepScale: 'log',
  range: null,
  theme: 'light',
  highlight: null,
  hidden: new Set(),
  picked: [],
});
const board = new Board();
const curves = new CurveCache();
const name = element('h1', {});
const step = element('span', {});
const header = element('header', { class: 'top' }, name, step);
document.getElementById('page')!.replaceChildren(header, board.root);

const draw = redrawer(() => {
  setText(name, state.body?.name ?? 'classwatch');
  setText(step, `step ${state.history.lastStep}`);
  setData(header, 'data-step', String(state.history.lastStep));
  board.draw({
    history: state.history,
    body: state.body,
    classNames: state.body?.classNames ?? [],
    view: view.current,
    palette: PALETTES[view.current.theme],
    curves,
  });
}, 100);

function send(event: PageEvent): void {
  state = reduce(state, event);
  if (state.run === null) {
    const run = preferredRun(state.runs);
    if (run !== null) {
      state = reduce(state, { t: 'choose', run });
      feed.watch(run);
    }
  }
  draw();
}

const feed = new Feed({
  url: feedUrl(location),
  onMessage: send,
  onConnection: (connection) => send({ t: 'connection', connection }),
  lastSeq: (run) => (run === state.run ? state.history.lastSeq : 0),
});
feed.open();
