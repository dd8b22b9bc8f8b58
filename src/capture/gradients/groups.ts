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
  const { length } = labels;
  // By class; the last one is of strays.
  const counts = new Int32Array(classes + 1);
  const rowOf = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const label = labels[i]!;
    const slot = label >= 0 && label < classes ? label : classes;
    rowOf[i] = slot;
    counts[slot]!++;
  }
  const rowOfSlot = new Int32Array(classes + 1);
  const classOf = new Int32Array(classes + 1);
  const starts = new Int32Array(classes + 2);
  let rows = 0;
  for (let slot = 0; slot <= classes; slot++) {
    if (counts[slot] === 0 && !all) continue;
    rowOfSlot[slot] = rows;
    classOf[rows] = slot === classes ? -1 : slot;
    starts[rows + 1] = starts[rows]! + counts[slot]!;
    rows++;
  }
  for (let i = 0; i < length; i++) rowOf[i] = rowOfSlot[rowOf[i]!]!;
  const known = starts.slice(0, rows + 1);
  return { labels, classOf: classOf.slice(0, rows), rowOf, order: sorted(rowOf, known), starts: known };
}

/** The same of examples whose rows are known, whatever their labels. */
export function groupsOfRows(rowOf: Int32Array, rows: number): Omit<Groups, 'labels'> {
  const starts = new Int32Array(rows + 1);
  for (const row of rowOf) starts[row + 1]!++;
  for (let row = 0; row < rows; row++) starts[row + 1]! += starts[row]!;
  return { classOf: Int32Array.from({ length: rows }, (_, row) => row), rowOf, order: sorted(rowOf, starts), starts };
}

/** Examples by row, those of a row in their order. */
function sorted(rowOf: Int32Array, starts: Int32Array): Int32Array {
  const next = starts.slice();
  const order = new Int32Array(rowOf.length);
  for (let i = 0; i < rowOf.length; i++) order[next[rowOf[i]!]!++] = i;
  return order;
}
