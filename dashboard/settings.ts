/** What the browser remembers of the view: theme and step axis. A browser that keeps nothing is no error. */
import type { StepScale } from './step-axis.ts';
import type { Theme } from './view.ts';

const THEME = 'classwatch.theme';
const STEP_SCALE = 'classwatch.step-scale';

function load(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is full or forbidden: the choice lasts as long as the page.
  }
}

/** The stored theme; null: the system's. */
export function storedTheme(): Theme | null {
  const theme = load(THEME);
  return theme === 'light' || theme === 'dark' ? theme : null;
}

export function storeTheme(theme: Theme): void {
  store(THEME, theme);
}

export function storedStepScale(): StepScale {
  return load(STEP_SCALE) === 'linear' ? 'linear' : 'log';
}

export function storeStepScale(scale: StepScale): void {
  store(STEP_SCALE, scale);
}
