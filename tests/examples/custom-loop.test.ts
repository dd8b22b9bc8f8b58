import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from './files.ts';
import { start } from './program.ts';

test('the hand-written loop trains under classwatch, leaves a run, and ends by itself', async () => {
  const folder = temporaryFolder();
  const { code, out, err } = await start('dist/examples/custom-loop.js', ['20'], folder).ended;
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toMatch(/^Dashboard: http:\/\/127\.0\.0\.1:\d+\/\S+$/m);
  expect(out).toContain('Trained for 20 steps.');
  expect(readdirSync(join(folder, 'runs'))).toHaveLength(1);
});
