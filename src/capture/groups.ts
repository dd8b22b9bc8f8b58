/** The examples of a batch by class. Rows number the classes that are there; the last row may hold those of no known class. */
export interface Groups {
  /** B labels; outside of 0..C - 1: of no known class. */
  readonly labels: Int32Array;
  /** Class of each row, ascending; -1 for examples of no known class. */
  readonly classOf: Int32Array;
  /** Row of each example. */
  readonly rowOf: Int32Array;
  /** Examples sorted by row, and where each row starts: rows + 1 positions. */
  readonly order: Int32Array;
  readonly starts: Int32Array;
}

/** Groups a batch of labels. With `all`, every class has a row, and strays one, so that batches can be added up. */
export function groupsOf(labels: Int32Array, classes: number, all = false): Groups {
  const known = (label: number) => label >= 0 && label < classes;
  // Counts by class; the last one is of strays.
  const counts = new Int32Array(classes + 1);
  for (const label of labels) counts[known(label) ? label : classes]!++;
  const rowOfClass = new Int32Array(classes + 1);
  const classOf: number[] = [];
  const starts = [0];
  for (let c = 0; c <= classes; c++) {
    if (counts[c] === 0 && !all) continue;
    rowOfClass[c] = classOf.length;
    classOf.push(c === classes ? -1 : c);
    starts.push(starts.at(-1)! + counts[c]!);
  }
  const rowOf = labels.map((label) => rowOfClass[known(label) ? label : classes]!);
  const next = starts.slice();
  const order = new Int32Array(labels.length);
  rowOf.forEach((row, i) => {
    order[next[row]!++] = i;
  });
  return { labels, classOf: Int32Array.from(classOf), rowOf, order, starts: Int32Array.from(starts) };
}
