import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../examples/files.ts';
import { ROOT } from '../examples/program.ts';

/** A project as small as can be around the real scripts: one package, beside it, and a build that copies one file. */
function smallProject(): string {
  const root = temporaryFolder();
  for (const folder of ['scripts', 'src', 'examples', 'elsewhere', 'part']) mkdirSync(join(root, folder));
  for (const script of ['start.mjs', 'prepare.mjs'])
    copyFileSync(join(ROOT, 'scripts', script), join(root, 'scripts', script));
  const own = { name: 'small', version: '1.0.0', dependencies: { part: 'file:part' } };
  writeFileSync(join(root, 'package.json'), JSON.stringify({ ...own, scripts: { start: 'node scripts/start.mjs' } }));
  setPart(root, '1.0.0');
  writeFileSync(
    join(root, 'examples', 'digits.mjs'),
    'console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), logdir: process.env.CLASSWATCH_LOGDIR })); process.exitCode = 7;',
  );
  writeFileSync(
    join(root, 'scripts', 'build.mjs'),
    `import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
     rmSync('dist', { recursive: true, force: true });
     mkdirSync('dist/examples', { recursive: true });
     cpSync('examples/digits.mjs', 'dist/examples/digits.js');
     writeFileSync('dist/examples/.built', '');`,
  );
  return root;
}

/** The version of the project's only package, in itself and in the lock file. */
function setPart(root: string, version: string): void {
  const name = { name: 'small', version: '1.0.0' };
  const part = { name: 'part', version };
  const packages = {
    '': { ...name, dependencies: { part: 'file:part' } },
    part,
    'node_modules/part': { resolved: 'part', link: true },
  };
  writeFileSync(join(root, 'part', 'package.json'), JSON.stringify(part));
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ ...name, lockfileVersion: 3, packages }));
}

interface Started {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function npmStart(root: string, cwd: string, ...args: string[]): Started {
  const own = Object.entries(process.env).filter(([name]) => !/^(CLASSWATCH_|npm_|INIT_CWD)/i.test(name));
  const { status, stdout, stderr } = spawnSync('npm', ['--prefix', root, '--silent', 'start', '--', ...args], {
    cwd,
    env: Object.fromEntries(own),
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return { code: status, out: stdout, err: stderr };
}

test('npm start installs and builds once, then again only what has changed', () => {
  const root = smallProject();
  const stages = () => npmStart(root, root).out.match(/Installing|Building/g) ?? [];
  expect(stages()).toEqual(['Installing', 'Building']);
  expect(stages()).toEqual([]);

  const later = new Date(Date.now() + 60_000);
  writeFileSync(join(root, 'src', 'new.ts'), '');
  utimesSync(join(root, 'src', 'new.ts'), later, later);
  expect(stages()).toEqual(['Building']);
  rmSync(join(root, 'src', 'new.ts'));
  expect(stages()).toEqual(['Building']);

  rmSync(join(root, 'dist'), { recursive: true });
  expect(stages()).toEqual(['Building']);
  rmSync(join(root, 'node_modules'), { recursive: true });
  expect(stages()).toEqual(['Installing']);
  setPart(root, '1.0.1');
  expect(stages()).toEqual(['Installing', 'Building']);
});

test('npm start gives the example the arguments, the folder of the user and the runs folder of the project, and its exit code', () => {
  const root = smallProject();
  const { code, out } = npmStart(root, join(root, 'elsewhere'), '--once', '--data', 'my data');
  expect(code).toBe(7);
  expect(JSON.parse(out.split('\n').find((line) => line.startsWith('{'))!)).toEqual({
    args: ['--once', '--data', 'my data'],
    cwd: join(root, 'elsewhere'),
    logdir: join(root, 'runs'),
  });
});

test('npm start shows what a failing build says, starts nothing, and builds again the next time', () => {
  const root = smallProject();
  const build = join(root, 'scripts', 'build.mjs');
  const good = readFileSync(build, 'utf8');
  expect(npmStart(root, root).code).toBe(7);
  writeFileSync(
    build,
    good.replace("writeFileSync('dist/examples/.built', '')", "throw new Error('a semicolon is missing')"),
  );
  for (let attempt = 0; attempt < 2; attempt++) {
    const { code, out, err } = npmStart(root, root);
    expect(code).toBe(1);
    expect(out).toMatch(/^Building \.\.\. failed after \d/m);
    expect(out).not.toContain('logdir');
    expect(err).toContain('a semicolon is missing');
  }
});
