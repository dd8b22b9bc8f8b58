/** A run file as SQLite sees it: opening, closing, and the statements that read it. */
import { pathToFileURL } from 'node:url';
import { decode } from '@msgpack/msgpack';
import Database from 'libsql';
import type { FileSummary } from './run-summary.ts';

/** Marks a file as ours ('clsw'); a database of somebody else is not touched. */
const APPLICATION_ID = 0x636c7377;
/** Version of the layout; a file with a larger one was written by a newer classwatch. */
const LAYOUT_VERSION = 1;
/** How long a statement waits for the lock of another process (ms). */
const BUSY_MS = 250;

const LAYOUT = `
  CREATE TABLE IF NOT EXISTS run.records (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, data BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS run.chunks (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, metric TEXT NOT NULL, data BLOB NOT NULL);
  CREATE INDEX IF NOT EXISTS run.chunks_by_last ON chunks (last, first);
  CREATE TABLE IF NOT EXISTS run.summary (one INTEGER PRIMARY KEY CHECK (one = 1), data BLOB NOT NULL);`;

/**
 * A connection to which one run file at a time is attached. libsql lets go of a database only when the garbage
 * collector has taken its last statement, but of an attached file at once.
 */
export class RunFile {
  private readonly db = new Database(':memory:');
  private readonly statements = new Map<string, Database.Statement>();
  private attached = false;

  /** Attaches a file. Throws what SQLite says if it cannot be opened, or a sentence if it is not a run file. */
  open(path: string, mode: 'ro' | 'rwc'): void {
    this.db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    this.db.prepare('ATTACH ? AS run').run(`${pathToFileURL(path).href}?mode=${mode}`);
    this.attached = true;
    try {
      if (mode === 'rwc') this.create();
      else this.check();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Detaches the file; its locks and descriptors are gone after that. */
  close(): void {
    if (!this.attached) return;
    this.attached = false;
    this.db.exec('DETACH run');
  }

  /** All rows of a query on the tables of the schema `run`. */
  rows<Row>(sql: string, ...parameters: unknown[]): Row[] {
    // Not get(): a statement that was not read to its end would keep the file from being detached.
    return this.db.prepare(sql).all(parameters) as Row[];
  }

  /** One statement without rows. */
  run(sql: string, ...parameters: unknown[]): void {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    // As one list: libsql takes a single binary value for an object with named parameters, and aborts the process.
    statement.run(parameters);
  }

  /** Runs a function in a transaction that takes the write lock at once. */
  transaction(write: () => void): void {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      write();
      this.db.exec('COMMIT');
    } catch (error) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      throw error;
    }
  }

  /** The file's own summary; null if it has none yet. */
  summary(): FileSummary | null {
    const [row] = this.rows<{ data: ArrayBuffer }>('SELECT data FROM run.summary');
    return row === undefined ? null : (decode(new Uint8Array(row.data)) as FileSummary);
  }

  /** Makes one plain file of it, without a write-ahead log beside. Says whether that worked: a reader may be in the way. */
  makePlain(): boolean {
    try {
      this.db.exec('PRAGMA run.wal_checkpoint(TRUNCATE)');
      const [row] = this.rows<{ journal_mode: string }>('PRAGMA run.journal_mode = DELETE');
      return row?.journal_mode === 'delete';
    } catch {
      return false;
    }
  }

  private create(): void {
    const fresh = this.rows('SELECT name FROM run.sqlite_master LIMIT 1').length === 0;
    if (!fresh) this.check();
    this.rows('PRAGMA run.journal_mode = WAL');
    this.db.exec('PRAGMA run.synchronous = NORMAL');
    if (!fresh) return;
    this.transaction(() => {
      this.db.exec(
        `PRAGMA run.application_id = ${APPLICATION_ID}; PRAGMA run.user_version = ${LAYOUT_VERSION}; ${LAYOUT}`,
      );
    });
  }

  private check(): void {
    const [id] = this.rows<{ application_id: number }>('PRAGMA run.application_id');
    const [layout] = this.rows<{ user_version: number }>('PRAGMA run.user_version');
    if (id?.application_id === 0) throw new EmptyFileError('it holds no run yet');
    if (id?.application_id !== APPLICATION_ID) throw new Error('it is not a run file of classwatch');
    if ((layout?.user_version ?? 0) > LAYOUT_VERSION)
      throw new Error('it was written by a newer classwatch: update this one');
  }
}

/** A file that its writer has only just created: neither damaged nor a run yet. */
export class EmptyFileError extends Error {}
