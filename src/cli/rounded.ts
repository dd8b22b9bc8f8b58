/** A number as a table shows it: four digits, no zeros at the end. */
export function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}
