/** Colours of the canvases, per theme; the page around them takes its own from style.css. */
import type { Theme } from './view.ts';

export interface Palette {
  readonly theme: Theme;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly surface: string;
  readonly alarm: string;
  readonly classes: readonly string[];
  /** Bars and lines of metrics that share a chart. */
  readonly series: readonly string[];
  /** Bars that others are compared with. */
  readonly reference: string;
  /** Colours from the low to the high end of a scale without a middle. */
  readonly sequential: readonly string[];
  /** The same for a scale whose middle is zero. */
  readonly diverging: readonly string[];
}

/** Most classes that are drawn as lines; above it a map of class by step. */
export const MAX_LINES = 12;

/**
 * The class colours were searched for: all twelve are far apart for normal vision, and the six that share a dash pattern also for
 * protanopia, deuteranopia and tritanopia; every one has a contrast above 3 to the surface.
 */
export const PALETTES: { readonly [theme in Theme]: Palette } = {
  light: {
    theme: 'light',
    text: '#1a2230',
    muted: '#5a6675',
    grid: '#e8ebf0',
    surface: '#ffffff',
    alarm: '#c4281c',
    classes: [
      ...['#005bb8', '#904805', '#dc63a1', '#619600', '#59026d', '#183b29'],
      ...['#009da7', '#c57c4f', '#855ecc', '#620d01', '#056a2c', '#012788'],
    ],
    series: ['#1f6fbf', '#c9722f', '#2f8f6b', '#59026d'],
    reference: '#868f9c',
    sequential: ['#f1f4f8', '#b7d0e8', '#5f9bd1', '#1d62a8', '#0b2f5c'],
    diverging: ['#7a3404', '#cf8445', '#f0d9c4', '#f3f4f6', '#c5d9ec', '#4a8fcb', '#0b417c'],
  },
  dark: {
    theme: 'dark',
    text: '#e4e9f0',
    muted: '#95a1b2',
    grid: '#262e39',
    surface: '#161b22',
    alarm: '#ff7b72',
    classes: [
      ...['#00b9ff', '#fee1cf', '#fe7aa2', '#b8ba11', '#9f5ec2', '#488844'],
      ...['#1ff0ff', '#bc6216', '#b59ce3', '#ffa564', '#ccfb7b', '#007fd9'],
    ],
    series: ['#3fa7f0', '#f0954f', '#5fc79b', '#c58ae0'],
    reference: '#7d8898',
    sequential: ['#1d2530', '#1f4468', '#2f7ab8', '#6db8f2', '#e2f2ff'],
    diverging: ['#ffc48a', '#d27f33', '#5c3f2a', '#232b36', '#234a70', '#3d93d6', '#b5dfff'],
  },
};

/** First six classes, next six, and so on. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2.5]];

/** Colour and dash of a class; classes beyond the twelfth repeat the colours in another dash. */
export function classStyle({ classes }: Palette, index: number): { color: string; dash: readonly number[] } {
  const dash = DASHES[Math.floor((index * 2) / classes.length) % DASHES.length]!;
  return { color: classes[index % classes.length]!, dash };
}

/** A colour (`#rrggbb`) with an opacity. */
export function withAlpha(color: string, alpha: number): string {
  if (alpha >= 1) return color;
  return `${color}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0')}`;
}
