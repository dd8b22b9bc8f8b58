/** Values as colours of a heat map. Pure. */

export type Rgb = readonly [number, number, number];

export interface ColorScale {
  readonly low: number;
  readonly high: number;
  readonly stops: readonly Rgb[];
  /** Equal distances are equal factors; both ends are positive. */
  readonly isLog?: boolean;
}

/** `#rrggbb` as three bytes. */
export function parseColor(color: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as unknown as Rgb;
}

interface Ramps {
  readonly sequential: readonly string[];
  readonly diverging: readonly string[];
}

/** A scale over [low, high]. With low < 0 < high it is centred at 0, so that equal distances from 0 look equally strong. */
export function colorScale(low: number, high: number, { sequential, diverging }: Ramps): ColorScale {
  if (low < 0 && high > 0) {
    const reach = Math.max(-low, high);
    return { low: -reach, high: reach, stops: diverging.map(parseColor) };
  }
  return { low, high: high > low ? high : low + 1, stops: sequential.map(parseColor) };
}

/** A logarithmic scale over [low, high], both positive. */
export function logColorScale(low: number, high: number, { sequential }: Ramps): ColorScale {
  return { low, high: high > low ? high : low * 10, stops: sequential.map(parseColor), isLog: true };
}

/** Colour of a finite value; values beyond the ends take the colour of the end. */
export function colorOf({ low, high, stops, isLog }: ColorScale, value: number): Rgb {
  const part = isLog ? Math.log(Math.max(value, low) / low) / Math.log(high / low) : (value - low) / (high - low);
  const at = Math.min(1, Math.max(0, part)) * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(at));
  const from = stops[index]!;
  const to = stops[index + 1]!;
  const share = at - index;
  return mixed(from, to, share);
}

/** A colour on the way from one to another: 0 is the first, 1 the second. */
export function mixed(from: Rgb, to: Rgb, share: number): Rgb {
  return [mix(from[0], to[0], share), mix(from[1], to[1], share), mix(from[2], to[2], share)];
}

function mix(from: number, to: number, share: number): number {
  return Math.round(from + (to - from) * share);
}

/** Relative luminance, 0 (black) to 1 (white), as WCAG defines it. */
export function luminance(color: Rgb): number {
  const [r, g, b] = color.map((byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** Contrast ratio of two colours, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

/** Black or white, whichever reads better on a colour. */
export function inkOn(color: Rgb): string {
  return contrast(color, [255, 255, 255]) > contrast(color, [0, 0, 0]) ? '#ffffff' : '#000000';
}

export function cssColor([r, g, b]: Rgb): string {
  return `rgb(${r} ${g} ${b})`;
}

/** An opaque colour as four bytes in memory order: red, green, blue, alpha, little-endian. */
export function pixelOf([r, g, b]: Rgb): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
