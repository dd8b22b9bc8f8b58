/** Numbers as text. */

/** Four significant digits, without an exponent where a person would not use one: `0.9876`, `12.35`, `1,234`, `1.2e-7`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e9) return minus(value.toExponential(2));
  if (size >= 1000) return minus(Math.round(value).toLocaleString('en-US'));
  return minus(String(Number(value.toPrecision(4))));
}

/** Whole numbers with thousands separators. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? minus(Math.round(value).toLocaleString('en-US')) : formatNumber(value);
}

const UNITS = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** Three significant digits and no more: for a cell or a label with little room. */
export function formatShort(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value);
  const size = Math.abs(value);
  if (size >= 1e12) return minus(value.toExponential(0));
  const [unit, letter] = UNITS.find(([from]) => size >= from) ?? [1, ''];
  if (size >= 10_000) return minus(`${Number((value / unit).toPrecision(3))}${letter}`);
  if (size >= 1000) return minus(String(Math.round(value)));
  if (size !== 0 && size < 0.001) return minus(value.toExponential(0));
  return minus(String(Number(value.toPrecision(size < 1 ? 2 : 3))));
}

function minus(text: string): string {
  return text.startsWith('-') ? `−${text.slice(1)}` : text;
}

/** At most `most` characters, with an ellipsis where some were cut. */
export function truncate(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** At most `most` characters of each, cut at the end, or in the middle where two different ones would become the same. */
export function truncateAll(texts: readonly string[], most: number): string[] {
  const cut = texts.map((text) => truncate(text, most));
  return cut.map((short, i) => {
    const isUnclear = cut.some((other, j) => other === short && texts[j] !== texts[i]);
    return isUnclear ? truncateMiddle(texts[i]!, most) : short;
  });
}

function truncateMiddle(text: string, most: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const end = (most - 1) >> 1;
  return `${characters.slice(0, most - 1 - end).join('')}…${characters.slice(-end).join('')}`;
}

/** A number between -1 and 1 in as little room as possible: `.93`, `−.12`, `0`, `1`. */
export function formatShare(value: number): string {
  const text = Math.abs(value).toFixed(2);
  if (text === '0.00') return value === 0 ? '0' : '.00';
  return `${value < 0 ? '−' : ''}${text === '1.00' ? '1' : text.slice(1)}`;
}
