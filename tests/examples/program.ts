import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(fileURLToPath(import.meta.url), '..', '..', '..');

const REMARKS = /^classwatch: (\[|Port \d+ is in use).*\n/gm;

/** What a program did until its end. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  /** Without alerts, which are no mistakes, and without the remark that a port is taken: other tests may be running. */
  readonly err: string;
}

export interface Program {
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
  /** Resolves with the match as soon as the standard output has it; rejects if the program ends before. */
  says(pattern: RegExp): Promise<RegExpMatchArray>;
}

/** Starts a Node program in a folder, as a user at a terminal would; variables of this test run stay outside. */
export function start(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Program {
  const own = Object.entries(process.env).filter(([name]) => !/^(CLASSWATCH_|npm_|INIT_CWD|NODE_|VITEST)/.test(name));
  const child = spawn(process.execPath, [join(ROOT, file), ...args], {
    cwd,
    env: { ...Object.fromEntries(own), ...env },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (piece) => {
    out += piece;
  });
  child.stderr.on('data', (piece) => {
    err += piece;
  });
  const ended = new Promise<Ending>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, out, err: err.replace(REMARKS, '') }));
  });
  const says = (pattern: RegExp) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const look = () => {
        const match = out.match(pattern);
        if (match) resolve(match);
      };
      look();
      child.stdout.on('data', look);
      void ended.then(() => reject(new Error(`ended without ${pattern}:\n${out}\n${err}`)));
    });
  return { process: child, ended, says };
}
