/** Folders, and processes of the tests in them, that go away after the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const WRITER = fileURLToPath(new URL('writer-process.mjs', import.meta.url));

/** A fresh folder. */
export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'classwatch-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A process that writes a run, started by `shell` in front of it if there is one. */
export interface WriterProcess {
  readonly child: ChildProcess;
  /** The next line of its output that begins with a word. */
  line(word: string): Promise<string>;
}

export function writerProcess(dir: string, run: string, { pause = 20, limit = '' } = {}): WriterProcess {
  const args = ['-c', `${limit} exec "$0" "$@"`, process.execPath, WRITER, dir, run, String(pause)];
  const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  return {
    child,
    async line(word) {
      text = text.slice(text.lastIndexOf('\n') + 1);
      for (;;) {
        const found = text
          .split('\n')
          .slice(0, -1)
          .find((line) => line.startsWith(word));
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}
