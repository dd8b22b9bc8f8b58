import { type Packable, spread } from '../../src/record.ts';

/** What a metric has measured as a list with null for missing. */
export function listed(measured: number | Packable): (number | null)[] {
  if (typeof measured === 'number') return [measured];
  return 'places' in measured ? spread(measured) : Array.from(measured);
}
