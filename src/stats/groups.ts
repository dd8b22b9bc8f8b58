/** Named lists of classes, ascending. */
export interface ClassGroups {
  readonly [name: string]: readonly number[];
}

/** Sum over the classes of each group, in the order of the names. `values`: one per class. */
export function sumsByGroup(groups: ClassGroups, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(Object.values(groups), (classes) => classes.reduce((sum, c) => sum + values[c]!, 0));
}
