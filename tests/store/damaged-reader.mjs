// Reads a run file again and again with some bytes changed, as a process of its own: node damaged-reader.mjs DIR TIMES
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/store/sqlite.js';

const [dir, times] = process.argv.slice(2);
const original = readFileSync(join(dir, 'original'));
let state = 1;
let whole = 0;
let partly = 0;
let refused = 0;

/** Park and Miller: the same damage in every run of the test. */
function random(below) {
  state = (state * 48271) % 2147483647;
  return state % below;
}

for (let i = 0; i < Number(times); i++) {
  const bytes = Buffer.from(original);
  // The first pages hold what SQLite itself relies on: every second time the damage is there.
  for (let k = 0; k < 4; k++) bytes[random(i % 2 ? bytes.length : 4096)] = random(256);
  writeFileSync(join(dir, 'run-a.db'), bytes);
  const store = openStore(dir);
  store.runs();
  try {
    if ([...store.read('run-a')].length === 804) whole++;
    else partly++;
  } catch {
    refused++;
  }
  store.close();
}
console.log(`read ${times} damaged files: ${whole} whole, ${partly} in part, ${refused} refused`);
