/** Names beside what lies in a plane: those that would cover each other become one. Pure. */
import { truncate } from '../format.ts';

export interface Name {
  readonly label: string;
  readonly color: string;
  readonly alpha: number;
  /** What it is the name of, in pixels, and the direction in which the name stands from it. */
  readonly at: readonly [x: number, y: number];
  readonly direction: readonly [x: number, y: number];
}

export interface PlacedName {
  readonly text: string;
  /** Null where several classes share it. */
  readonly color: string | null;
  readonly alpha: number;
  readonly x: number;
  readonly y: number;
}

/** How a text is measured, and where it may stand. */
export interface Room {
  readonly height: number;
  readonly left: number;
  readonly right: number;
  widthOf(text: string): number;
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

interface Shared {
  readonly names: readonly Name[];
  readonly placed: PlacedName;
  readonly box: Box;
}

/** From what has a name to the name. */
const DISTANCE = 9;
const LENGTH = 12;
/** Characters of a name that several share, before the rest is counted. */
const SHARED_LENGTH = 24;

/** The names, first come first served. One that would cover others joins them, unless it stands back behind them: then it is left out. */
export function placeNames(names: readonly Name[], room: Room): PlacedName[] {
  let all: Shared[] = [];
  for (const name of names) {
    let shared = share([name], room);
    let met = meeting(shared, all);
    if (met.some((other) => other.placed.alpha !== name.alpha)) continue;
    // The joint name is longer, and may meet more.
    while (met.length > 0) {
      all = all.filter((other) => !met.includes(other));
      shared = share([...met.flatMap((other) => other.names), ...shared.names], room);
      met = meeting(shared, all);
    }
    all.push(shared);
  }
  return all.map(({ placed }) => placed);
}

const meeting = ({ box }: Shared, all: readonly Shared[]) => all.filter((other) => overlap(box, other.box));

function share(names: readonly Name[], { height, left, right, widthOf }: Room): Shared {
  const [first] = names as [Name];
  const text = jointText(names.map(({ label }) => truncate(label, LENGTH)));
  const half = widthOf(text) / 2;
  const [dx, dy] = first.direction;
  const outside = first.at[0] + dx * (DISTANCE + half);
  const x = Math.max(left + half, Math.min(right - half, outside));
  // Without room beside it the name would cover what it is the name of: it stands above or below.
  const away = x === outside ? dy * (DISTANCE + height / 3) : Math.sign(dy || -1) * (DISTANCE + height / 2);
  const y = first.at[1] + away;
  const color = names.length === 1 ? first.color : null;
  const box = [x - half, y - height / 2, x + half, y + height / 2] as const;
  return { names, placed: { text, color, alpha: first.alpha, x, y }, box };
}

function jointText(labels: readonly string[]): string {
  let text = labels[0]!;
  for (let i = 1; i < labels.length; i++) {
    const longer = `${text}, ${labels[i]}`;
    if (longer.length > SHARED_LENGTH) return `${text} +${labels.length - i}`;
    text = longer;
  }
  return text;
}

function overlap(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
