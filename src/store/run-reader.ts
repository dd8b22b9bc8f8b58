/** The records of a run file in order of seq, page by page: nothing stays open between two pages. */
import { decode } from '@msgpack/msgpack';
import type { AnyRecord } from '../record.ts';
import { decodeChunk } from './chunk.ts';
import type { RunFile } from './run-file.ts';

/** Chunks taken into memory at a time, beside those that reach beyond the page. */
const PAGE_CHUNKS = 64;

interface ChunkRow {
  readonly first: number;
  readonly data: ArrayBuffer;
}

interface Page {
  /** Unordered. */
  readonly records: AnyRecord[];
  /** Every record up to here is in this page or an earlier one. */
  readonly upTo: number;
}

/** Where a run is read from. The connection may serve others between two pages. */
export interface Source {
  readonly file: RunFile;
  readonly path: string;
  readonly run: string;
  /** Hears of each damaged part that is left out. */
  readonly skipped: (sentence: string) => void;
}

/**
 * Records after `since`, in order. What is written while this goes on is not part of it: a chunk that grows meanwhile
 * would leave holes. Throws what SQLite says if the file cannot be read.
 */
export function* readRun(source: Source, since: number): Iterable<AnyRecord> {
  const { file, path } = source;
  let end = 0;
  let start = 0;
  withFile(file, path, () => {
    end = file.summary()?.lastSeq ?? 0;
    start =
      file.rows<{ first: number | null }>('SELECT MIN(first) AS first FROM run.chunks WHERE last > ?', since)[0]
        ?.first ?? end;
  });
  let pool: AnyRecord[] = [];
  let done = since;
  while (done < end) {
    let page: Page = { records: [], upTo: end };
    withFile(file, path, () => {
      page = readPage(source, { since, start, done, end });
    });
    pool.push(...page.records);
    pool.sort((a, b) => a.seq - b.seq);
    const ready = pool.findIndex(({ seq }) => seq > page.upTo);
    yield* ready < 0 ? pool : pool.slice(0, ready);
    pool = ready < 0 ? [] : pool.slice(ready);
    done = page.upTo;
    start = page.upTo + 1;
  }
}

interface Span {
  /** No record up to here is wanted. */
  readonly since: number;
  /** No unread chunk begins before. */
  readonly start: number;
  readonly done: number;
  readonly end: number;
}

function readPage({ file, run, skipped }: Source, { since, start, done, end }: Span): Page {
  const chunks = file.rows<ChunkRow>(
    'SELECT first, data FROM run.chunks WHERE first >= ? AND first <= ? AND last > ? ORDER BY first LIMIT ?',
    start,
    end,
    since,
    PAGE_CHUNKS,
  );
  const upTo = chunks.length < PAGE_CHUNKS ? end : chunks.at(-1)!.first;
  const rows = file.rows<{ seq: number; data: ArrayBuffer }>(
    'SELECT seq, data FROM run.records WHERE seq > ? AND seq <= ? ORDER BY seq',
    done,
    upTo,
  );
  const records: AnyRecord[] = [];
  for (const { first, data } of chunks) {
    const found = attempt(() => decodeChunk(new Uint8Array(data), run), `chunk ${first} of run ${run}`, skipped);
    for (const record of found ?? []) if (record.seq > since) records.push(record);
  }
  for (const { seq, data } of rows) {
    const record = attempt(() => decode(new Uint8Array(data)) as AnyRecord, `record ${seq} of run ${run}`, skipped);
    if (record !== null) records.push(record);
  }
  return { records, upTo };
}

function attempt<T>(read: () => T, what: string, skipped: Source['skipped']): T | null {
  try {
    return read();
  } catch {
    skipped(`Left out ${what}: it is damaged; the rest of the run is shown.`);
    return null;
  }
}

function withFile(file: RunFile, path: string, read: () => void): void {
  file.open(path, 'ro');
  try {
    read();
  } finally {
    file.close();
  }
}
