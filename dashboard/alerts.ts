/** Alerts as the page lists them: one entry per id, whatever happened to it since. */
import type { AlertBody, AlertRecord, Level } from '../src/record.ts';

export interface AlertEntry {
  /** The latest word on it. */
  readonly body: AlertBody;
  readonly openedAtStep: number;
  readonly changedAtStep: number;
  readonly resolved: boolean;
}

/** The entries with one more record: opens, updates or resolves the entry of its id. */
export function foldAlert(
  alerts: ReadonlyMap<string, AlertEntry>,
  { body, step }: AlertRecord,
): ReadonlyMap<string, AlertEntry> {
  const known = alerts.get(body.id);
  const entry: AlertEntry = {
    body,
    openedAtStep: known?.openedAtStep ?? step,
    changedAtStep: step,
    resolved: body.state === 'resolved',
  };
  return new Map(alerts).set(body.id, entry);
}

const GRAVITY: { readonly [level in Level]: number } = { error: 0, warn: 1, info: 2 };

/** Open before resolved, grave before harmless, new before old. */
export function sortAlerts(alerts: ReadonlyMap<string, AlertEntry>): AlertEntry[] {
  return [...alerts.values()].sort(
    (a, b) =>
      Number(a.resolved) - Number(b.resolved) ||
      GRAVITY[a.body.level] - GRAVITY[b.body.level] ||
      b.changedAtStep - a.changedAtStep,
  );
}

/** Number of alerts that are open. */
export function countOpen(alerts: ReadonlyMap<string, AlertEntry>): number {
  let open = 0;
  for (const entry of alerts.values()) if (!entry.resolved) open++;
  return open;
}
