import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type AnyRecord, packValues } from '../src/record.ts';
import { openStore } from '../src/store/sqlite.ts';
import { VERSION } from '../src/version.ts';
import { get } from './server/serving.ts';
import { folder, writerProcess } from './store/folder.ts';
import { measurement, recordsOf, STARTED } from './store/records.ts';
import { classwatch } from './support/command-line.ts';

const BUILT = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

function withRuns(...runs: AnyRecord[][]): string {
  const dir = folder();
  const store = openStore(dir);
  for (const records of runs) store.append(records);
  store.close();
  return dir;
}

test('list --json gives what a script needs of every run, newest first', async () => {
  const dir = withRuns(recordsOf('run-a', { end: true, name: 'first' }), recordsOf('run-b', { pid: 2 ** 22 + 1 }));
  const { code, out } = await classwatch(['list', '--logdir', dir, '--json']);
  expect(code).toBe(0);
  const rows = JSON.parse(out);
  expect(rows.map(({ run }: { run: string }) => run).sort()).toEqual(['run-a', 'run-b']);
  expect(rows.find(({ run }: { run: string }) => run === 'run-a')).toEqual({
    run: 'run-a',
    name: 'first',
    state: 'finished',
    steps: 10,
    started: STARTED + 1,
    updated: STARTED + 24,
    lastSeq: 24,
  });
});

test('list shows a table, without the control characters of names, also from CLASSWATCH_LOGDIR', async () => {
  const dir = withRuns(recordsOf('run-a', { end: true, name: '\u001b[31mred\u202e\n' }));
  const { out } = await classwatch(['list'], { CLASSWATCH_LOGDIR: dir });
  expect(out).toBe(
    'RUN    NAME        STATE     STEPS  STARTED\n' +
      'run-a  \ufffd[31mred\ufffd\ufffd  finished  10     2023-11-14 22:13\n',
  );
  expect((await classwatch(['list'], { CLASSWATCH_LOGDIR: folder() })).out).toMatch(
    /^There are no runs in .* yet\.\n$/,
  );
});

test('a run whose name and class names are no text does not break list, nor finding another run', async () => {
  const [first, ...rest] = recordsOf('run-odd', { end: true });
  const body = { ...(first as { body: object }).body, name: 42, classNames: [1, null, { a: 2 }] };
  const dir = withRuns([{ ...first, body } as unknown as AnyRecord, ...rest], recordsOf('run-a', { end: true }));
  const { code, out, err } = await classwatch(['list', '--logdir', dir]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^run-odd +\? +finished +10 /m);
  expect(out).toMatch(/^run-a +run-a +finished +10 /m);
  expect((await classwatch(['list', '--logdir', dir, '--json'])).code).toBe(0);
  for (const word of ['run-a', 'run-o']) expect((await classwatch(['export', word, '--logdir', dir])).code).toBe(0);
});

test('options may stand before the command', async () => {
  const dir = withRuns(recordsOf('run-a', { end: true }));
  const listed = await classwatch(['list', '--logdir', dir, '--json']);
  expect(await classwatch(['--logdir', dir, 'list', '--json'])).toEqual(listed);
  expect(await classwatch(['--json', `--logdir=${dir}`, 'list'])).toEqual(listed);
  const exported = await classwatch(['--logdir', dir, 'export', 'run-a']);
  expect(exported).toEqual(await classwatch(['export', 'run-a', '--logdir', dir]));
  expect(exported.code).toBe(0);
});

test('list of a directory that is not there says so and makes none', async () => {
  const dir = join(folder(), 'none');
  const { code, out, err } = await classwatch(['list', '--logdir', dir]);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(
    /^classwatch: Cannot read the log directory .*: make it readable or choose another one with logdir\.\n$/,
  );
  expect(existsSync(dir)).toBe(false);
});

test('export writes one record per line: values nested by shape, missing null, what JSON lacks as text', async () => {
  const confusion = measurement('run-a', 24, 3, 'confusion', [2, 3], [1, 2, null, NaN, Infinity, -Infinity]);
  const scalar = { ...measurement('run-a', 25, 3, 'loss', [], []), values: packValues([NaN]) };
  const empty = measurement('run-a', 26, 3, 'class-recall', [0], []);
  const records = recordsOf('run-a');
  const dir = withRuns([...records, confusion, scalar, empty]);
  const { code, out } = await classwatch(['export', 'run-a', '--format', 'jsonl', '--logdir', dir]);
  expect(code).toBe(0);
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(26);
  expect(lines[0]).toEqual(records[0]);
  expect(lines[3]).toMatchObject({ seq: 4, kind: 'measurement', metric: 'loss', shape: [], values: 1 });
  expect(lines[4].values).toEqual([null, 0, 0]);
  expect(lines[23].values).toEqual([
    [1, 2, null],
    ['NaN', 'Infinity', '-Infinity'],
  ]);
  expect(lines[24].values).toBe('NaN');
  expect(lines[25].values).toEqual([]);
});

test('export takes an id, a name, or the beginning of either that fits one run only', async () => {
  const dir = withRuns(
    recordsOf('aaa-one', { name: 'digits' }),
    recordsOf('aaa-two', { name: 'letters' }),
    recordsOf('bbb-one', { name: 'aaa-one-and-more' }),
  );
  for (const [word, run] of Object.entries({
    'aaa-one': 'aaa-one',
    digits: 'aaa-one',
    let: 'aaa-two',
    bbb: 'bbb-one',
    'aaa-t': 'aaa-two',
  })) {
    const { out } = await classwatch(['export', word, '--logdir', dir]);
    expect(JSON.parse(out.split('\n')[0]!).run, word).toBe(run);
  }
  const several = await classwatch(['export', 'aaa', '--logdir', dir]);
  expect(several.code).toBe(1);
  expect(several.err).toMatch(/"aaa" fits 3 runs \(.*aaa-one.*\): give more of the id\./);
  const none = await classwatch(['export', 'aaa-tow', '--logdir', dir]);
  expect([none.code, none.err]).toEqual([
    1,
    'classwatch: There is no run "aaa-tow": the nearest is aaa-two; classwatch list shows all.\n',
  ]);
  expect((await classwatch(['export', '../../etc/passwd', '--logdir', dir])).code).toBe(1);
});

test.each<[string[], RegExp]>([
  [['lst'], /Unknown command "lst": did you mean classwatch list\?/],
  [['toString'], /Unknown command "toString"/],
  [['list', '--logdri', 'x'], /Unknown option "--logdri": did you mean --logdir\?/],
  [['--prot', '1'], /Unknown option "--prot": did you mean --port\?/],
  [['list', '--logdir'], /Option --logdir expects DIR, got nothing/],
  [['list', '--logdir', '--json'], /Option --logdir expects DIR, got nothing/],
  [['list', '--json=yes'], /Option --json takes no value, got "yes"/],
  [['list', 'more'], /classwatch list expects no argument, got "more"/],
  [['export'], /classwatch export expects RUN, got nothing/],
  [['export', 'run', '--format', 'jsnl'], /Unknown format "jsnl": did you mean jsonl\?/],
  [['--host', 'localhost', '--bind_all'], /--host and --bind-all exclude each other/],
  [['--port', '65536'], /Option --port expects a number from 0 to 65535, got "65536"/],
  [['--constructor'], /Unknown option "--constructor"/],
])('%j is answered with one sentence and exit code 2', async (args, sentence) => {
  const { code, out, err } = await classwatch(args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^classwatch: .*\n$/);
  expect(err).toMatch(sentence);
});

test('help and version are those of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(version);
  expect((await classwatch(['--version'])).out).toBe(`${version}\n`);
  const { out } = await classwatch(['--help']);
  for (const command of ['serve', 'list', 'export']) {
    expect(out).toContain(`  ${command}`);
    expect((await classwatch([command, '--help'])).out).toContain('--logdir DIR');
    expect((await classwatch(['help', command])).out).toBe((await classwatch([command, '-h'])).out);
  }
});

/** The built command line as a process of its own. */
function built(args: string[], env: Record<string, string> = {}, shell = 'exec "$0" "$@"') {
  const child = spawn('sh', ['-c', shell, process.execPath, BUILT, ...args], { env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    said.out += data;
  });
  child.stderr.on('data', (data) => {
    said.err += data;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, said, ended };
}

test('serve shows a log directory that another process writes to, until Ctrl-C', async () => {
  const dir = folder();
  const writer = writerProcess(dir, 'run-b');
  await writer.line('flushed');
  const { child, said, ended } = built(['--logdir', dir, '--port', '0', '--path-prefix', '/cw', '--json']);
  while (!said.out.includes('\n')) await new Promise((resolve) => setTimeout(resolve, 10));
  const { url, origin, port, token } = JSON.parse(said.out);
  expect(origin).toBe(`http://127.0.0.1:${port}/cw`);
  expect(url).toMatch(new RegExp(`^${origin}/\\?code=`));
  const answer = await get(port, '/cw/api/runs', { authorization: `Bearer ${token}` });
  expect(JSON.parse(answer.body)).toMatchObject([{ run: 'run-b', state: 'live' }]);
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(said.err).toBe('');
});

test('serve takes its token from CLASSWATCH_TOKEN and prints a link for a person', async () => {
  const { child, said, ended } = built(['--port', '0', '--logdir', folder()], {
    CLASSWATCH_TOKEN: 'a-token-of-my-own',
  });
  while (!said.out.includes('\n')) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(said.out).toMatch(
    /^classwatch: the runs of \S+ are shown at http:\/\/127\.0\.0\.1:\d+\/\?code=\S+ \(Ctrl-C stops\)\n$/,
  );
  const port = Number(/:(\d+)\//.exec(said.out)![1]);
  expect((await get(port, '/api/runs', { authorization: 'Bearer a-token-of-my-own' })).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('serve on a log directory that cannot be made says so and ends', async () => {
  const dir = folder();
  mkdirSync(join(dir, 'sub'));
  writeFileSync(join(dir, 'sub', 'file'), '');
  const { said, ended } = built(['serve', '--logdir', join(dir, 'sub', 'file')]);
  expect(await ended).toBe(1);
  expect(said.err).toMatch(/^classwatch: Cannot write the log directory .*\n$/);
});

test('export into a pipe that is closed early ends quietly', async () => {
  const dir = withRuns(recordsOf('run-a', { steps: 20_000, end: true }));
  const { said, ended } = built(['export', 'run-a', '--logdir', dir], {}, '"$0" "$@" | head -n 1');
  expect(await ended).toBe(0);
  expect(said.err).toBe('');
  expect(said.out.trimEnd().split('\n')).toHaveLength(1);
});

test('export of a run that is being written gives what is stored, without a gap', async () => {
  const dir = folder();
  const writer = writerProcess(dir, 'run-b', { pause: 1 });
  await writer.line('flushed');
  const { said, ended } = built(['export', 'run-b', '--logdir', dir]);
  expect(await ended).toBe(0);
  const seqs = said.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).seq);
  expect(seqs.length).toBeGreaterThan(100);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
});
