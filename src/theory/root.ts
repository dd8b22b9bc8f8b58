/** Where `f`, at least 0 at `low` and at most 0 at `high`, changes sign: by bisection, to the last digit. */
export function root(f: (x: number) => number, low: number, high: number): number {
  for (;;) {
    const middle = low + (high - low) / 2;
    if (!(middle > low && middle < high)) return middle;
    if (f(middle) > 0) low = middle;
    else high = middle;
  }
}
