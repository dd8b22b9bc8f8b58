// Compiles the AssemblyScript of src/wasm/simd into one TypeScript module that holds two binaries as base64, so that
// nothing is read at run time: everything, and what measures again with fused multiply-add. Does nothing while the module is not older than its sources.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'src', 'wasm', 'simd');
const target = join(root, 'src', 'wasm', 'simd-binary.ts');

const OPTIONS = [
  ...['--enable', 'simd', '--enable', 'bulk-memory', '--importMemory', '--initialMemory', '1'],
  ...['--runtime', 'stub', '--use', 'abort=', '--noAssert', '-O3', '--uncheckedBehavior', 'always'],
];

/** Section numbers of the binary format that must not occur: both would write into the memory of the backend. */
const START_SECTION = 8;
const DATA_SECTION = 11;

export function buildSimd() {
  const sources = [...readdirSync(folder).map((name) => join(folder, name)), fileURLToPath(import.meta.url)];
  const newest = Math.max(...sources.map((source) => statSync(source).mtimeMs));
  if ((statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= Math.floor(newest)) return;
  const binaries = [
    ['SIMD_BINARY', compile('index.ts', [])],
    ['FUSED_BINARY', compile('fused.ts', ['--enable', 'relaxed-simd'])],
  ];
  const texts = binaries.map(([name, binary]) => {
    check(binary);
    return (
      `/** Made by scripts/simd.mjs out of src/wasm/simd: ${binary.length} bytes of WebAssembly, as base64. */\n` +
      `export const ${name} =\n  '${binary.toString('base64')}';\n`
    );
  });
  writeFileSync(target, texts.join('\n'));
  // As old as its newest source: it must not make a build look older than what it was made of.
  utimesSync(target, newest / 1000, newest / 1000);
}

function check(binary) {
  for (const section of sectionsOf(binary)) {
    if (section === START_SECTION || section === DATA_SECTION) {
      throw new Error(`The SIMD code has section ${section}: it would overwrite the memory of the wasm backend.`);
    }
  }
}

function compile(entry, features) {
  const temporary = mkdtempSync(join(tmpdir(), 'classwatch-simd-'));
  try {
    const out = join(temporary, 'simd.wasm');
    const compiler = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
    execFileSync(process.execPath, [compiler, join(folder, entry), '-o', out, ...OPTIONS, ...features], {
      cwd: root,
      stdio: 'inherit',
    });
    return readFileSync(out);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function* sectionsOf(binary) {
  let at = 8;
  while (at < binary.length) {
    yield binary[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++];
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at += size;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildSimd();
