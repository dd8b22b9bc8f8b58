/** The one row that every run file carries about itself, and what state of the run follows from it. */
import { hostname } from 'node:os';
import type { AnyRecord, EndBody } from '../record.ts';
import type { RunSummary } from './store.ts';

/** A run that another machine writes, or that came through a connection, counts as live this long after its last write. */
const QUIET_MS = 5 * 60_000;
/** After this long without a write, a process with the same number is taken for another one. */
const REUSED_PID_MS = 7 * 24 * 3_600_000;

/** What a run file says about its run. `writer`: the process that writes the file; `pid`: the one that trains. */
export interface FileSummary {
  name: string;
  pid: number;
  steps: number;
  started: number;
  updated: number;
  lastSeq: number;
  status: EndBody['status'] | null;
  writer: { readonly pid: number; readonly host: string };
}

/** The summary of a file that this process is about to write, before its first record. */
export function emptySummary(): FileSummary {
  return {
    name: '',
    pid: 0,
    steps: 0,
    started: 0,
    updated: 0,
    lastSeq: 0,
    status: null,
    writer: { pid: process.pid, host: hostname() },
  };
}

/** Takes one more record into account. */
export function summarise(summary: FileSummary, record: AnyRecord): void {
  summary.lastSeq = record.seq;
  summary.updated = record.time;
  if (summary.started === 0) summary.started = record.time;
  if (record.step > summary.steps) summary.steps = record.step;
  if (record.kind === 'run') {
    summary.name = record.body.name;
    summary.pid = record.body.pid;
    summary.started = record.time;
  } else if (record.kind === 'end') summary.status = record.body.status;
}

/** Whether the process that writes the file is still at it. `written`: when the file last changed (ms since the epoch). */
export function isWritten({ writer, pid }: FileSummary, written: number): boolean {
  const quiet = Date.now() - written;
  if (writer.host !== hostname()) return quiet < QUIET_MS;
  if (!isAlive(writer.pid) || quiet > REUSED_PID_MS) return false;
  return writer.pid === pid || quiet < QUIET_MS;
}

/** The row of the list of runs that belongs to a file. */
export function summaryOf(run: string, file: FileSummary, written: number): RunSummary {
  const { name, steps, started, updated, lastSeq } = file;
  const state = file.status ?? (isWritten(file, written) ? 'live' : 'abandoned');
  return { run, name, state, steps, started, updated, lastSeq };
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
