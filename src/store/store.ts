/** What a store does; sqlite.ts is the one there is. */
import type { AnyRecord, EndBody } from '../record.ts';

/** One row of the list of runs. */
export interface RunSummary {
  readonly run: string;
  readonly name: string;
  /** 'live': its process writes; 'abandoned': no end record and its process is gone. */
  readonly state: 'live' | 'abandoned' | EndBody['status'];
  /** Number of updates seen. */
  readonly steps: number;
  /** Milliseconds since the Unix epoch. */
  readonly started: number;
  readonly updated: number;
  readonly lastSeq: number;
}

export interface Store {
  /** Takes numbered records of one or more runs; taking the same record (run, seq) twice is harmless. */
  append(records: readonly AnyRecord[]): void;
  /** Makes everything appended so far durable. Called by the owner at least every half second. */
  flush(): void;
  /** Newest first. Reads the directory: runs of other processes are listed too. */
  runs(): RunSummary[];
  /** Records of a run in order of seq, after `since` (exclusive, default 0). Throws a RangeError for an unknown run. */
  read(run: string, since?: number): Iterable<AnyRecord>;
  /** Whether this store writes the run itself (else it is another process' and read-only). */
  owns(run: string): boolean;
  /** Records let go because the disk took none for so long that the memory kept for them was full. */
  readonly dropped: number;
  /** Flushes, makes each own run that has ended one plain file, and lets go of all files. Idempotent. */
  close(): void;
}
