import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './support/script.ts';

/**
 * One way through the house (docs/architecture.md): a room may import from those on its line and above, never from below.
 * The first room whose pattern fits is the file's.
 */
const ROOMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['words', /^src\/(record|packed-values|schedule|usage-error|printable|nearest|tf|version|epoch|callbacks)\.ts$/],
  ['wasm', /^src\/wasm\//],
  ['stats', /^src\/(stats\/(?!window|range-sum).*)\.ts$/],
  // Closed forms and geometry stand on plain statistics, and on nothing that trains.
  ['theory', /^src\/(theory|geometry)\//],
  ['history', /^src\/(history|counted|stats\/(window|range-sum))\.ts$/],
  ['capture', /^src\/capture\//],
  ['offload', /^src\/offload\//],
  ['metric', /^src\/(metric|rule|derived)\.ts$/],
  ['metrics', /^src\/metrics\//],
  ['derived metrics', /^src\/derived\//],
  ['alerts', /^src\/alerts\//],
  ['store', /^src\/store\//],
  ['protocol', /^src\/protocol\.ts$/],
  ['server', /^src\/server\//],
  [
    'training side',
    /^src\/(journal|journal-entry|recorder|evaluations\/[\w-]+|recorder-options|budgets|run-body|class-groups|options|target|report|monitor|watch|suite|index)\.ts$|^src\/relay\/(link|host|frame|ring|message)\.ts$/,
  ],
  ['relay worker', /^src\/relay\//],
  ['command line', /^src\/cli/],
  ['dashboard', /^dashboard\//],
];

/** Runs in the browser too, so it may not touch Node. */
const PORTABLE =
  /^(src\/(capture|metrics|derived|stats|alerts|theory|geometry|wasm)\/|src\/(record|packed-values|schedule|history|protocol)\.ts|dashboard\/(?!vite))/;
/** What the page may take from src: the vocabulary and pure folds. */
const PAGE_IMPORTS = /^src\/(record|history|protocol|stats\/[\w-]+|store\/store)\.ts$/;

function files(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = `${folder}/${name}`;
    return statSync(join(ROOT, path)).isDirectory() ? files(path) : path.endsWith('.ts') ? [path] : [];
  });
}

const sources = [...files('src'), ...files('dashboard')];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gms)].map(
    (match) => {
      const target = match[2] ?? match[3]!;
      const to = target.startsWith('.') ? relative(ROOT, normalize(join(ROOT, dirname(file), target))) : target;
      return { from: file, to, typeOnly: match[1] !== undefined };
    },
  );
}

const all = sources.flatMap(importsOf);
const roomOf = (file: string) => ROOMS.findIndex(([, pattern]) => pattern.test(file));

test('every file has a room', () => {
  expect(sources.filter((file) => roomOf(file) < 0)).toEqual([]);
});

test('imports run one way', () => {
  const wrong = all.filter(({ from, to }) => to.endsWith('.ts') && roomOf(to) > roomOf(from));
  expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test('there are no cycles, types included', () => {
  const edges = new Map(sources.map((file) => [file, importsOf(file).map(({ to }) => to)]));
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'done' || !edges.has(file)) return;
    expect(state.get(file), [...path, file].join(' -> ')).not.toBe('open');
    state.set(file, 'open');
    for (const next of edges.get(file)!) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of sources) visit(file, []);
});

test('what runs in a browser too imports no Node built-in', () => {
  expect(all.filter(({ from, to }) => PORTABLE.test(from) && to.startsWith('node:'))).toEqual([]);
});

test('the page takes nothing of the training side', () => {
  const taken = all.filter(({ from, to }) => from.startsWith('dashboard/') && to.startsWith('src/'));
  expect(taken.filter(({ to }) => !PAGE_IMPORTS.test(to))).toEqual([]);
});

test('only metrics/index.ts names metrics, only alerts/index.ts names rules', () => {
  const names = (folder: string, others: RegExp) =>
    all.filter(
      ({ from, to }) => to.startsWith(`src/${folder}/`) && !others.test(to) && from !== `src/${folder}/index.ts`,
    );
  expect(names('metrics', /\/index\.ts$/)).toEqual([]);
  expect(names('alerts', /\/(index|frame|percent|class-names|stretch|collapse-forecast)\.ts$/)).toEqual([]);
});

test('internals of tfjs are touched in one place only', () => {
  const inside = /\.lossFunctions|engine\(\)|activeTape|calculateLosses|stopTraining\b(?!\()|optimizer_/;
  const places = /^src\/(capture\/engine\/|wasm\/backend\.ts)/;
  const touching = files('src').filter((file) => {
    const code = readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    return inside.test(
      code.replace(/import[\s\S]*?from '[^']+';/g, '').replace(/stopTraining\(|engine\(\): object/g, ''),
    );
  });
  expect(touching.filter((file) => !places.test(file))).toEqual([]);
  expect(touching.length).toBeGreaterThan(2);
});

describe('small rooms', () => {
  test('no source file is longer than 250 lines', () => {
    const long = sources.filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 250);
    expect(long).toEqual([]);
  });
});
