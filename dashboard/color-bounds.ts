/** Which values get the colours at the ends of a scale. Pure. */
import type { Panel } from '../src/record.ts';
import { type ColorScale, colorScale, logColorScale } from './color-scale.ts';
import type { Palette } from './palette.ts';

type Shown = readonly (number | null)[];
type Bounds = readonly [number | null, number | null];

const FREE: Bounds = [null, null];
/** A highest value below this share of the declared one gets the colour of the end. */
const FAR_BELOW = 0.25;
/** Decades that a logarithmic scale spans at most: one value that is almost 0 must not make all others look alike. */
const MAX_DECADES = 8;

/** Lowest and highest finite value, within the bounds that a panel declares. */
export function shownBounds(shown: Shown, [low, high]: Bounds = FREE): [number, number] {
  let least = Infinity;
  let most = -Infinity;
  for (const value of shown) {
    if (value === null || !Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [low ?? Math.min(0, least === Infinity ? 0 : least), high ?? Math.max(most === -Infinity ? 1 : most, 0)];
}

/** Lowest and highest positive value, within the bounds that a panel declares. */
export function logBounds(shown: Shown, [low, high]: Bounds = FREE): [number, number] {
  let least = Infinity;
  let most = 0;
  for (const value of shown) {
    if (value === null || !(value > 0 && value < Infinity)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const top = high !== null && high > 0 ? high : most || 1;
  if (low !== null && low > 0) return [low, top];
  return [Math.max(Math.min(least, top), top * 10 ** -MAX_DECADES), top];
}

/**
 * Equally far below and above 0: up to the highest size, rounded up to one digit so that not every measurement changes all colours, and
 * within the bounds that a panel declares.
 */
export function centredBounds(shown: Shown, [low, high]: Bounds = FREE): [number, number] {
  let most = 0;
  for (const value of shown) if (value !== null && Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  const declared = Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0)) || Infinity;
  const digit = 10 ** Math.floor(Math.log10(most));
  // 0.8 as a float32 is a little more than 0.8.
  const rounded = Number((Math.ceil(most / digit - 1e-6) * digit).toPrecision(1));
  const reach = most > 0 ? Math.min(declared, rounded) : declared === Infinity ? 1 : declared;
  return [-reach, reach];
}

/**
 * Values among many classes are often far below the bound of the metric (a share of a hundred classes is about 0.01): then the
 * colours end at the highest value.
 */
export function mapBounds(shown: Shown, bounds: Bounds = FREE): [number, number] {
  const declared = shownBounds(shown, bounds);
  if (declared[0] < 0 && declared[1] > 0) return centredBounds(shown, bounds);
  const [low, high] = shownBounds(shown);
  const isFarBelow = low >= 0 && high > 0 && high < declared[1] * FAR_BELOW;
  return isFarBelow ? [declared[0], high] : declared;
}

/** The colours of a panel for these values; `bounds` finds the ends where its scale is not logarithmic. */
export function panelColors(
  shown: Shown,
  panel: Pick<Panel, 'scale' | 'bounds'>,
  palette: Palette,
  bounds: (shown: Shown, declared?: Bounds) => [number, number],
): ColorScale {
  if (panel.scale === 'log') return logColorScale(...logBounds(shown, panel.bounds), palette);
  return colorScale(...bounds(shown, panel.bounds), palette);
}
