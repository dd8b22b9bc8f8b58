// npm test: everything that a change must pass, on a fresh clone too. Names of test files as arguments run only those.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { provideBrowser } from './browser.mjs';
import { build, install, npm, root, run, stage } from './prepare.mjs';

const RESULTS = join(root, '.cache', 'test-results.json');

async function main(filters) {
  if (!((await install()) && (await build()))) return false;
  const browser = await provideBrowser();
  const lint = await stage('Lint', ...npm('run', '--silent', 'lint'));
  const types = await stage('Types', ...npm('run', '--silent', 'types'));
  const tests = await runTests(filters, browser);
  if (!lint) console.log('Lint failed.');
  if (!types) console.log('Types failed.');
  // Last and alone on its line, for whoever reads the end of the log.
  console.log(`${tests.passed} passed, ${tests.failed} failed`);
  return lint && types && tests.failed === 0 && tests.passed > 0;
}

async function runTests(filters, browser) {
  const started = Date.now();
  mkdirSync(dirname(RESULTS), { recursive: true });
  rmSync(RESULTS, { force: true });
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json'];
  const { code } = await run(process.execPath, [...args, `--outputFile.json=${RESULTS}`, ...filters], {
    inherit: true,
    env: { ...process.env, CHROME_PATH: browser },
  });
  console.log(`Tests ... ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return readResults(code);
}

/** A file that could not even be loaded holds no tests, and a skipped test has not passed: both count as failures. */
function readResults(code) {
  let results;
  try {
    results = JSON.parse(readFileSync(RESULTS, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const broken = results.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const { numPassedTests: passed, numFailedTests, numPendingTests, numTodoTests } = results;
  if (numPendingTests + numTodoTests > 0)
    console.log(`${numPendingTests + numTodoTests} skipped: not run, so not passed.`);
  const failed = numFailedTests + broken.length + numPendingTests + numTodoTests;
  return { passed, failed: code === 0 ? failed : Math.max(1, failed) };
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
