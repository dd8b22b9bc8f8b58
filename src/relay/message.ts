/** What the training thread and the relay worker say to each other beside the records, which go through the ring. */
import type { MessagePort } from 'node:worker_threads';
import type { AlertRecord } from '../record.ts';
import type { Ring } from './ring.ts';

/** The first message of a run: its own way to and from the worker. */
export interface Attach {
  readonly port: MessagePort;
  readonly options: RelayOptions;
}

/** What the worker needs to know of a run. */
export interface RelayOptions {
  readonly run: string;
  readonly mode: 'online' | 'offline';
  readonly logdir: string;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly token: string | undefined;
  /** Server elsewhere; then nothing is stored or served here. */
  readonly url: string | undefined;
  /** Folder of the built page; null: no page is served, only history and live feed. */
  readonly dashboard: string;
  /** Ids of rules that set `shouldStop`; `rules`: those evaluated, default all. */
  readonly stopOn: readonly string[];
  readonly rules: readonly string[] | undefined;
  readonly ring: Ring;
}

export type ToRelay =
  /** A bootstrap code that the training thread has put into a link. */
  | { readonly t: 'code'; readonly code: string }
  /** Make everything durable, then say `done`. */
  | { readonly t: 'flush'; readonly id: number }
  /** Put everything away and say `done`; `keepServing`: the page stays up. */
  | { readonly t: 'close'; readonly id: number; readonly keepServing: boolean }
  /** The process ends: put everything away, set the word `drained`. */
  | { readonly t: 'exit' };

export type FromRelay =
  /** `origin`: where the page is; null when nothing is served here. */
  | { readonly t: 'ready'; readonly origin: string | null }
  /** It could not start; a sentence for the user. */
  | { readonly t: 'refused'; readonly sentence: string }
  | { readonly t: 'alert'; readonly record: AlertRecord }
  | { readonly t: 'trouble'; readonly what: string; readonly sentence: string }
  | { readonly t: 'done'; readonly id: number };
