/** Colours of the canvases, per theme. The page around them takes its colours from style.css. */
import type { Theme } from './view.ts';

export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly surface: string;
  readonly alarm: string;
  /** Lines of classes: told apart without colour vision by lightness and by `DASHES`. */
  readonly classes: readonly string[];
  /** Bars and lines of metrics that share a chart. */
  readonly series: readonly string[];
}

/** Most classes that are drawn as lines; above it a map of class by step. */
export const MAX_LINES = 12;

export const PALETTES: { readonly [theme in Theme]: Palette } = {
  light: {
    text: '#1c2430',
    muted: '#5b6675',
    grid: '#e6e9ee',
    surface: '#ffffff',
    alarm: '#c62828',
    classes: [
      '#0b5fa5',
      '#c2410c',
      '#0f766e',
      '#a21caf',
      '#6b7280',
      '#92610a',
      '#2563eb',
      '#be123c',
      '#15803d',
      '#7c3aed',
      '#111827',
      '#b45309',
    ],
    series: ['#0b5fa5', '#c2410c', '#6b7280'],
  },
  dark: {
    text: '#e6eaf0',
    muted: '#97a3b4',
    grid: '#2a323d',
    surface: '#171c23',
    alarm: '#ff7b72',
    classes: [
      '#5aa9f0',
      '#ff8a4c',
      '#2dd4bf',
      '#e879f9',
      '#9ca3af',
      '#e0b04a',
      '#93b4ff',
      '#fb7185',
      '#4ade80',
      '#b69cff',
      '#f3f4f6',
      '#fbbf24',
    ],
    series: ['#5aa9f0', '#ff8a4c', '#9ca3af'],
  },
};

/** Dash pattern per class, in pixels. */
export const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 2]];

/** Colour and dash of a class. */
export function classStyle(palette: Palette, index: number): { color: string; dash: readonly number[] } {
  const { classes } = palette;
  return { color: classes[index % classes.length]!, dash: DASHES[index % DASHES.length]! };
}
