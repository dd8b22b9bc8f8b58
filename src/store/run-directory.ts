/** The directory of run files: which there are, when they changed, and what each says about itself. */
import { readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyRecord } from '../record.ts';
import { EmptyFileError, RunFile } from './run-file.ts';
import { isRunId } from './run-id.ts';
import { readRun } from './run-reader.ts';
import type { FileSummary } from './run-summary.ts';

const EXTENSION = '.db';
/** A file that changed less than this long ago may change again without another time stamp (ms). */
const SETTLED_MS = 100;

/** What a file said when it was last read: it is read again only when it has changed. */
interface Seen {
  readonly stamp: string;
  readonly summary: FileSummary | null;
}

export class RunDirectory {
  readonly path: string;
  private readonly seen = new Map<string, Seen>();
  private readonly told = new Set<string>();
  /** One connection for all reading: it has a file attached only while a page of it is read. */
  private readonly file = new RunFile();
  private readonly report: (sentence: string) => void;

  constructor(path: string, report: (sentence: string) => void) {
    this.path = path;
    this.report = report;
  }

  /** Where the file of a run is, or would be. The id must have been checked. */
  pathOf(run: string): string {
    return join(this.path, run + EXTENSION);
  }

  /** Ids of all runs that have a file. */
  ids(): string[] {
    try {
      const names = readdirSync(this.path).filter((name) => name.endsWith(EXTENSION));
      return names.map((name) => name.slice(0, -EXTENSION.length)).filter(isRunId);
    } catch (error) {
      this.tell(`Cannot read the log directory ${this.path} (${said(error)}): check that it is still there.`);
      return [];
    }
  }

  /** When the file of a run, or the log beside it, last changed (ms since the epoch); null where there is none. */
  written(run: string): number | null {
    const [file, log] = this.files(run);
    return file === undefined ? null : Math.max(file.mtimeMs, log?.mtimeMs ?? 0);
  }

  /** The summary of a file; null where it has none yet, or cannot be read (told once). */
  summary(run: string): FileSummary | null {
    const stamp = this.files(run)
      .map((file) => `${file?.mtimeMs} ${file?.size} ${file?.ino}`)
      .join();
    const seen = this.seen.get(run);
    if (seen?.stamp === stamp) return seen.summary;
    const summary = this.look(run);
    // A clock tick may hide a write that came right after this look.
    if (Date.now() - (this.written(run) ?? 0) > SETTLED_MS) this.seen.set(run, { stamp, summary });
    return summary;
  }

  /** Records of a run that has a file, after `since`, in order. Throws what SQLite says if it cannot be read. */
  read(run: string, since: number): Iterable<AnyRecord> {
    const skipped = (sentence: string) => this.tell(sentence);
    return readRun({ file: this.file, path: this.pathOf(run), run, skipped }, since);
  }

  /** One sentence about a file that cannot be read. */
  unreadable(run: string, error: unknown): string {
    return `Cannot read run ${run} in ${this.path} (${said(error)}): it is left out; delete ${run}${EXTENSION} if it is of no use.`;
  }

  /** Tells the user a sentence, once. */
  tell(sentence: string): void {
    if (this.told.has(sentence)) return;
    this.told.add(sentence);
    this.report(sentence);
  }

  private look(run: string): FileSummary | null {
    try {
      this.file.open(this.pathOf(run), 'ro');
      try {
        return this.file.summary();
      } finally {
        this.file.close();
      }
    } catch (error) {
      if (!(error instanceof EmptyFileError)) this.tell(this.unreadable(run, error));
      return null;
    }
  }

  /** The file, and the write-ahead log beside it. */
  private files(run: string): [Stats | undefined, Stats | undefined] {
    const path = this.pathOf(run);
    return [statSync(path, { throwIfNoEntry: false }), statSync(`${path}-wal`, { throwIfNoEntry: false })];
  }
}

/** What an error says, whatever was thrown. */
export function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
