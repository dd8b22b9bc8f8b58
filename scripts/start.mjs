// npm start: makes a fresh clone ready, then trains the example. Options go after --, as in: npm start -- --once
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, root } from './prepare.mjs';

if (!((await install()) && (await build()))) process.exit(1);

// npm runs scripts in the project's root; paths that the user gave are meant from where he stands.
const { npm_lifecycle_event: event, INIT_CWD: from, CLASSWATCH_LOGDIR: logdir } = process.env;
const example = spawn(process.execPath, [join(root, 'dist', 'examples', 'digits.js'), ...process.argv.slice(2)], {
  cwd: event === 'start' && from ? from : process.cwd(),
  env: { ...process.env, CLASSWATCH_LOGDIR: logdir || join(root, 'runs') },
  stdio: 'inherit',
});

// Ctrl-C reaches the example by itself, from the terminal; this process waits until it has put its things in order.
let interrupted = false;
process.on('SIGINT', () => {
  interrupted = true;
});
process.on('SIGTERM', () => example.kill('SIGTERM'));
example.on('exit', (code) => process.exit(interrupted ? 0 : (code ?? 1)));
