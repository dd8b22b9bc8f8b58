import { didYouMean } from './nearest.ts';
import type { ClassLists } from './options.ts';
import { shortened } from './target.ts';
import { UsageError } from './usage-error.ts';

/** Groups of classes as ascending indices, from indices and names. Throws a UsageError for what is no class, or comes twice. */
export function classGroupsOf(
  classNames: readonly string[],
  lists: ClassLists,
): { readonly [name: string]: readonly number[] } {
  const seen = new Map<number, string>();
  const groups = Object.entries(lists).map(([name, list]): [string, number[]] => {
    const group = shortened(name);
    const classes = membersOf(group, list, classNames).map((one) => indexOf(group, one, classNames));
    for (const c of classes) claim(seen, c, group, classNames);
    return [group, classes.sort((a, b) => a - b)];
  });
  return Object.fromEntries(groups);
}

function membersOf(group: string, list: unknown, classNames: readonly string[]): unknown[] {
  if (Array.isArray(list) || (ArrayBuffer.isView(list) && !(list instanceof DataView))) {
    return Array.from(list as ArrayLike<unknown>);
  }
  const last = classNames.length - 1;
  throw new UsageError(
    `Expected the group "${group}" to be a list of classes, got ${list === null ? 'null' : `a ${typeof list}`}: ` +
      `pass their indices or names, as in { groups: { minority: [${last - 1}, ${last}] } }.`,
  );
}

function indexOf(group: string, one: unknown, classNames: readonly string[]): number {
  const isName = typeof one === 'string';
  const index = isName ? classNames.indexOf(one) : Number.isInteger(one) ? (one as number) : -1;
  const namesakes = isName ? classNames.filter((name) => name === one).length : 1;
  if (index >= 0 && index < classNames.length && namesakes === 1) return index;
  const remedy = namesakes > 1 ? `, which ${namesakes} classes are called: pass indices` : '';
  const meant = isName && namesakes === 0 ? didYouMean(one, classNames, undefined, '.') : `${remedy}.`;
  throw new UsageError(
    `Expected the group "${group}" to hold indices 0 to ${classNames.length - 1} or names of classes, ` +
      `got ${isName ? `"${shortened(one)}"` : String(one)}${meant}`,
  );
}

function claim(seen: Map<number, string>, c: number, group: string, classNames: readonly string[]): void {
  const other = seen.get(c);
  seen.set(c, group);
  if (other === undefined) return;
  throw new UsageError(`Expected every class once in groups, got "${classNames[c]}" in "${other}" and in "${group}".`);
}
