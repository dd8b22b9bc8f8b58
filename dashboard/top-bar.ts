/** The head of the page: which run, how it stands, how far it is. */
import { countOpen } from './alerts.ts';
import { element, setData, setText } from './dom.ts';
import { formatCount, formatNumber } from './format.ts';
import { meanStepsPerSecond, stepsPerSecond } from './pace.ts';
import { RunDetails } from './run-details.ts';
import { type PageState, type RunState, runState } from './state.ts';
import type { ViewStore } from './view.ts';

const STATES: { readonly [state in RunState]: string } = {
  live: 'live',
  finished: 'finished',
  stopped: 'stopped',
  failed: 'failed',
  abandoned: 'abandoned',
  unknown: 'waiting',
};

export class TopBar {
  private readonly view: ViewStore;
  private readonly onChoose: (run: string) => void;
  private readonly status = element('span', { class: 'status' });
  private readonly name = element('h1');
  private readonly picker = element('select', { 'aria-label': 'Run' });
  private readonly figures = { step: figure('step'), epoch: figure('epoch'), pace: figure('steps/s') };
  private readonly alerts = element('a', { class: 'alert-count' });
  private readonly scales = element('div', { class: 'segmented', role: 'group', 'aria-label': 'Step axis' });
  private readonly theme = element('button', { type: 'button', class: 'quiet theme' });
  private readonly details = new RunDetails();
  readonly root: HTMLElement;
  private runs: PageState['runs'] | null = null;

  constructor(view: ViewStore, onChoose: (run: string) => void) {
    this.view = view;
    this.onChoose = onChoose;
    this.alerts.setAttribute('href', '#alerts');
    this.alerts.addEventListener('click', (event) => {
      // The hash names the run; an anchor would overwrite it.
      event.preventDefault();
      document.getElementById('alerts')?.scrollIntoView({ block: 'center' });
    });
    this.picker.addEventListener('change', () => this.onChoose(this.picker.value));
    this.theme.addEventListener('click', () => view.change({ theme: view.value.theme === 'dark' ? 'light' : 'dark' }));
    for (const scale of ['log', 'linear'] as const) this.scales.append(this.scaleButton(scale));
    const identity = element('div', { class: 'identity' }, this.status, this.name, this.picker);
    const figures = element('dl', { class: 'figures' }, ...Object.values(this.figures).map(({ root }) => root));
    const controls = element('div', { class: 'controls' }, this.alerts, this.scales, this.theme);
    this.root = element('header', { class: 'top' }, identity, figures, controls, this.details.root);
  }

  draw(state: PageState): void {
    const run = runState(state);
    const shown = statusOf(state, run);
    setText(this.status, shown.text);
    setData(this.status, 'data-state', shown.state);
    setText(this.name, state.body?.name ?? 'classwatch');
    this.name.title = state.body?.name ?? '';
    this.drawFigures(state, run);
    this.drawPicker(state);
    this.drawControls(state);
    this.details.draw(state);
  }

  private drawFigures(state: PageState, run: RunState): void {
    const { history, epoch, pace } = state;
    const hasSteps = [...history.metrics.values()].some((metric) => metric.buckets.length > 0);
    if (hasSteps) setData(this.root, 'data-step', String(history.lastStep));
    else this.root.removeAttribute('data-step');
    const rate = run === 'live' ? stepsPerSecond(pace) : meanStepsPerSecond(pace);
    setText(this.figures.step.value, hasSteps ? formatCount(history.lastStep) : '–');
    setText(this.figures.epoch.value, epoch === null ? '–' : epoch.toFixed(2));
    setText(this.figures.pace.value, rate === null ? '–' : formatNumber(Number(rate.toPrecision(3))));
  }

  private drawPicker({ runs, run }: PageState): void {
    this.picker.hidden = runs.length < 2;
    if (runs !== this.runs) {
      this.runs = runs;
      this.picker.replaceChildren(
        ...runs.map(({ run: id, name, state, steps, started }) => {
          const when = new Date(started).toLocaleString([], { dateStyle: 'short', timeStyle: 'short' });
          return element('option', {
            value: id,
            text: `${name} · ${STATES[state]} · ${formatCount(steps)} steps · ${when}`,
          });
        }),
      );
    }
    if (run !== null && this.picker.value !== run) this.picker.value = run;
  }

  private drawControls({ alerts }: PageState): void {
    const { stepScale, theme } = this.view.value;
    const open = countOpen(alerts);
    this.alerts.hidden = alerts.size === 0;
    setText(this.alerts, open === 0 ? 'no open alerts' : `${open} open ${open === 1 ? 'alert' : 'alerts'}`);
    setData(this.alerts, 'data-open', String(open));
    setText(this.theme, theme === 'dark' ? '☀' : '☾');
    const label = theme === 'dark' ? 'Switch to the light theme' : 'Switch to the dark theme';
    setData(this.theme, 'aria-label', label);
    setData(this.theme, 'title', label);
    for (const button of this.scales.children)
      setData(button, 'aria-pressed', String(button.getAttribute('data-scale') === stepScale));
  }

  private scaleButton(stepScale: 'log' | 'linear'): HTMLElement {
    const title = stepScale === 'log' ? 'Steps 0, 1, 10, 100 … at equal distances' : 'Steps at equal distances';
    const button = element('button', { type: 'button', 'data-scale': stepScale, text: `${stepScale} steps`, title });
    button.addEventListener('click', () => this.view.change({ stepScale }));
    return button;
  }
}

function figure(label: string): { readonly root: HTMLElement; readonly value: HTMLElement } {
  const value = element('dd', { text: '–' });
  return { root: element('div', {}, element('dt', { text: label }), value), value };
}

function statusOf({ connection, loaded, history }: PageState, run: RunState): { text: string; state: string } {
  switch (connection.phase) {
    case 'lost': {
      // Nothing more comes from a run that has ended: its server may go.
      if (loaded && run !== 'live') return { text: `${STATES[run]}, server gone`, state: run };
      const seconds = Math.max(0, Math.ceil((connection.retryAt - Date.now()) / 1000));
      return { text: `connection lost, next try in ${seconds} s`, state: 'lost' };
    }
    case 'denied':
      return { text: 'no access', state: 'lost' };
    case 'outdated':
      return { text: 'other version', state: 'lost' };
    default:
      if (connection.phase === 'connecting' && !loaded) return { text: 'connecting', state: 'waiting' };
      if (run === 'live' && history.lastStep === 0) return { text: 'waiting for the first step', state: 'live' };
      return { text: STATES[run], state: run };
  }
}
