/** The store in a directory: one SQLite file per run, written by the process that owns the run, read by any other. */
import { accessSync, constants, mkdirSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AnyRecord } from '../record.ts';
import { RunDirectory, said } from './run-directory.ts';
import { EmptyFileError } from './run-file.ts';
import { checkRunId } from './run-id.ts';
import { summaryOf } from './run-summary.ts';
import { RunWriter } from './run-writer.ts';
import type { RunSummary, Store } from './store.ts';

export interface StoreOptions {
  /** Only look: the directory is neither made nor checked for writing, and `append` throws. Default false. */
  readonly readOnly?: boolean;
  /** One sentence for each file that cannot be read; each is said once. */
  readonly report?: (sentence: string) => void;
}

/**
 * Opens a log directory, which is made if need be. Throws one sentence if it cannot be made or written (or, with
 * `readOnly`, read).
 */
export function openStore(dir: string, options: StoreOptions = {}): Store {
  const path = resolve(dir);
  const { readOnly = false, report = () => {} } = options;
  try {
    if (!readOnly) mkdirSync(path, { recursive: true });
    readdirSync(path);
    accessSync(path, readOnly ? constants.R_OK : constants.W_OK | constants.X_OK);
  } catch (error) {
    const [verb, adjective] = readOnly ? ['read', 'readable'] : ['write', 'writable'];
    throw new Error(
      `Cannot ${verb} the log directory ${path} (${said(error)}): make it ${adjective} or choose another one with logdir.`,
    );
  }
  return new SqliteStore(new RunDirectory(path, report), readOnly);
}

class SqliteStore implements Store {
  private readonly dir: RunDirectory;
  private readonly readOnly: boolean;
  private readonly writers = new Map<string, RunWriter>();
  /** Records dropped by writers that are closed. */
  private lost = 0;
  private open = true;

  constructor(dir: RunDirectory, readOnly: boolean) {
    this.dir = dir;
    this.readOnly = readOnly;
  }

  get dropped(): number {
    let dropped = this.lost;
    for (const writer of this.writers.values()) dropped += writer.dropped;
    return dropped;
  }

  append(records: readonly AnyRecord[]): void {
    for (const record of records) this.writerOf(record.run).add(record);
  }

  flush(): void {
    const failed = this.withEach((writer) => {
      // SQLite would go on writing into a file that has been deleted, without an error.
      if (this.dir.written(writer.run) === null) throw new Error('its file has been deleted');
      writer.flush();
      // A run that has ended becomes one plain file; should more of it come, it is opened again.
      if (writer.summary.status !== null) this.closeWriter(writer);
    });
    if (failed === null) return;
    throw new Error(
      `Cannot write to ${this.dir.path}: ${failed}. What is measured is kept in memory for now: free space there or check the disk.`,
    );
  }

  runs(): RunSummary[] {
    const rows: RunSummary[] = [];
    for (const run of new Set([...this.dir.ids(), ...this.writers.keys()])) {
      const own = this.writers.get(run);
      const written = own === undefined ? this.dir.written(run) : own.touched;
      const summary = own?.summary ?? this.dir.summary(run);
      if (summary !== null && summary.lastSeq > 0 && written !== null) rows.push(summaryOf(run, summary, written));
    }
    return rows.sort((a, b) => b.started - a.started || (a.run < b.run ? 1 : -1));
  }

  *read(run: string, since = 0): Iterable<AnyRecord> {
    checkRunId(run);
    const held = this.writers.get(run)?.held(since);
    const onDisk = this.dir.written(run) !== null;
    if (held === undefined && !onDisk) {
      throw new RangeError(
        `There is no run ${run} in ${this.dir.path}: \`classwatch list\` shows those that are there.`,
      );
    }
    yield* merge(onDisk ? this.stored(run, since) : [], held ?? []);
  }

  owns(run: string): boolean {
    return this.writers.has(run);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    const failed = this.withEach((writer) => this.closeWriter(writer));
    this.writers.clear();
    if (failed !== null) throw new Error(`Cannot write to ${this.dir.path}: ${failed}. The end of it is lost.`);
  }

  /** Does something with each writer; what fails is told in one sentence and does not stop the others. */
  private withEach(act: (writer: RunWriter) => void): string | null {
    const failed: string[] = [];
    for (const writer of [...this.writers.values()]) {
      try {
        act(writer);
      } catch (error) {
        failed.push(`run ${writer.run} (${said(error)})`);
      }
    }
    return failed.length === 0 ? null : failed.join(', ');
  }

  private closeWriter(writer: RunWriter): void {
    writer.close();
    this.lost += writer.dropped;
    this.writers.delete(writer.run);
  }

  private writerOf(run: string): RunWriter {
    const known = this.writers.get(run);
    if (known !== undefined) return known;
    checkRunId(run);
    if (!this.open) throw new Error(`The store of ${this.dir.path} is closed: open it again to write run ${run}.`);
    if (this.readOnly)
      throw new Error(`The store of ${this.dir.path} is open for reading only: run ${run} is not written.`);
    const writer = this.openWriter(run);
    this.writers.set(run, writer);
    return writer;
  }

  private openWriter(run: string): RunWriter {
    try {
      return new RunWriter(this.dir.pathOf(run), run, this.dir.written(run));
    } catch (error) {
      throw new Error(
        `Cannot write run ${run} to ${this.dir.path} (${said(error)}): choose another log directory or another run.`,
      );
    }
  }

  private *stored(run: string, since: number): Iterable<AnyRecord> {
    try {
      yield* this.dir.read(run, since);
    } catch (error) {
      if (!(error instanceof EmptyFileError)) throw new Error(this.dir.unreadable(run, error));
    }
  }
}

/** Two lists in order of seq as one, each seq once. */
function* merge(stored: Iterable<AnyRecord>, held: readonly AnyRecord[]): Iterable<AnyRecord> {
  let i = 0;
  for (const record of stored) {
    for (; i < held.length && held[i]!.seq < record.seq; i++) yield held[i]!;
    if (held[i]?.seq === record.seq) i++;
    yield record;
  }
  yield* held.slice(i);
}
