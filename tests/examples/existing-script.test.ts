import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './files.ts';
import { ROOT, start } from './program.ts';

const SCRIPTS = 'examples/existing-script';

/** Added and removed lines, as `git diff --no-index` counts them; it ends with code 1 because there are any. */
function difference(before: string, after: string): { added: number; removed: number } {
  const args = ['diff', '--no-index', '--numstat', before, after];
  try {
    execFileSync('git', args, { cwd: join(ROOT, SCRIPTS), stdio: 'pipe' });
    return { added: 0, removed: 0 };
  } catch (error) {
    const [added, removed] = String((error as { stdout: Buffer }).stdout).split('\t');
    return { added: Number(added), removed: Number(removed) };
  }
}

describe.each([
  ['ES module', 'mjs'],
  ['CommonJS', 'cjs'],
])('an existing script as %s', (_, ending) => {
  test('needs five more lines to be watched, and no other change', () => {
    expect(difference(`before.${ending}`, `after.${ending}`)).toEqual({ added: 5, removed: 0 });
  });

  test('runs as it is, without a trace', async () => {
    const folder = temporaryFolder();
    const { code, out } = await start(`${SCRIPTS}/before.${ending}`, [], folder).ended;
    expect(code).toBe(0);
    expect(out).toMatch(/Accuracy: 0\.\d/);
    expect(existsSync(join(folder, 'runs'))).toBe(false);
  });

  test('runs under classwatch, prints its page and leaves a run', async () => {
    const folder = temporaryFolder();
    const { code, out, err } = await start(`${SCRIPTS}/after.${ending}`, [], folder).ended;
    expect(code, err).toBe(0);
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S+$/m);
    expect(out).toMatch(/Accuracy: 0\.\d/);
    expect(readdirSync(join(folder, 'runs'))).toHaveLength(1);
  });
});

test('the CommonJS script gets TensorFlow.js and classwatch by require', () => {
  const text = readFileSync(join(ROOT, SCRIPTS, 'after.cjs'), 'utf8');
  expect(text.match(/require\('[^']+'\)/g)).toEqual(["require('@tensorflow/tfjs')", "require('classwatch')"]);
});
