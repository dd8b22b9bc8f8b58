import { didYouMean } from '../nearest.ts';
import { type AnyRecord, listValues, sizeOf } from '../record.ts';
import { openStore } from '../store/sqlite.ts';
import { UsageError } from '../usage-error.ts';
import { type Command, LOGDIR, logdirOf, textOf } from './command.ts';
import { findRun } from './run-name.ts';

const FORMATS = ['jsonl'];
/** Characters collected before they are written. */
const BLOCK = 64 * 1024;

/** A run as text on standard output, one record per line. */
export const exportRun: Command = {
  help: 'write a run to standard output, one JSON record per line',
  operands: ['RUN'],
  options: { logdir: LOGDIR, format: { value: 'FORMAT', help: 'jsonl (default)' } },
  async run(values, [word], terminal) {
    const format = textOf(values, 'format') ?? 'jsonl';
    if (!FORMATS.includes(format)) {
      throw new UsageError(
        `Unknown format ${JSON.stringify(format.slice(0, 80))}${didYouMean(format, FORMATS, (one) => one)}`,
      );
    }
    const report = (sentence: string) => terminal.err(`classwatch: ${sentence}\n`);
    const store = openStore(logdirOf(values, terminal), { readOnly: true, report });
    try {
      const { run } = findRun(store, word!);
      let block = '';
      for (const record of store.read(run)) {
        block += `${toLine(record)}\n`;
        if (block.length < BLOCK) continue;
        await terminal.out(block);
        block = '';
      }
      await terminal.out(block);
    } finally {
      store.close();
    }
    return 0;
  },
};

/**
 * A record as one line of JSON: values of a measurement as arrays nested by its shape (a bare number for a scalar), null
 * for a missing one, and "NaN", "Infinity", "-Infinity" for what JSON has no numbers for.
 */
export function toLine(record: AnyRecord): string {
  if (record.kind !== 'measurement') return JSON.stringify(record, named);
  const values = nested(listValues(record.values, sizeOf(record.shape)), record.shape);
  return JSON.stringify({ ...record, values }, named);
}

type Nested = number | null | Nested[];

function nested(values: readonly (number | null)[], shape: readonly number[]): Nested {
  const [length, ...rest] = shape;
  if (length === undefined) return values[0]!;
  const size = sizeOf(rest);
  return Array.from({ length }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest));
}

function named(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
