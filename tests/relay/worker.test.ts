import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AnyRecord } from '../../src/record.ts';
import { startServer } from '../../src/server/server.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { folder, run } from '../support/script.ts';

/** Everything that a log directory holds of its only run. */
function stored(logdir: string): AnyRecord[] {
  const store = openStore(logdir);
  const [summary, ...more] = store.runs();
  expect(more).toEqual([]);
  const records = [...store.read(summary!.run)];
  store.close();
  return records;
}

const stepsOf = (records: AnyRecord[], metric: string) =>
  records
    .filter((record) => record.kind === 'measurement' && record.stream === 'train' && record.metric === metric)
    .map(({ step }) => step);

const first = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('a script', () => {
  test('that closes its monitor leaves one plain file with gapless records and an end', async () => {
    const logdir = folder();
    const { code, stderr } = await run(`
      const monitor = await watch(tf, model, { probe, logdir: '${logdir}', port: 0 });
      await model.fit(xs, ys, { epochs: 3, batchSize: 16, verbose: 0, callbacks: monitor.callbacks });
      await monitor.close();
    `).finished;
    expect([code, stderr]).toEqual([0, '']);
    const files = readdirSync(logdir);
    expect(files).toHaveLength(1);
    const records = stored(logdir);
    expect(records.map(({ seq }) => seq)).toEqual(first(records.length).map((i) => i + 1));
    expect(stepsOf(records, 'loss')).toEqual(first(9));
    expect(records[0]!.kind).toBe('run');
    expect(records.at(-1)).toMatchObject({ kind: 'end', step: 9, body: { status: 'finished' } });
  });

  test('that never calls close still ends, and everything is on disk', async () => {
    const logdir = folder();
    const started = Date.now();
    const { code } = await run(`
      const monitor = await watch(tf, model, { probe, logdir: '${logdir}', port: 0 });
      for (let i = 0; i < 50; i++) await model.trainOnBatch(xs, ys);
    `).finished;
    expect(code).toBe(0);
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(stepsOf(stored(logdir), 'class-recall')).toEqual(first(50));
  });

  test('that calls process.exit in the middle keeps what it had recorded', async () => {
    const logdir = folder();
    const { code } = await run(`
      await watch(tf, model, { logdir: '${logdir}', mode: 'offline' });
      for (let i = 0; i < 20; i++) await model.trainOnBatch(xs, ys);
      process.exit(3);
    `).finished;
    expect(code).toBe(3);
    expect(stepsOf(stored(logdir), 'loss')).toEqual(first(20));
  });

  test('whose loop never yields is recorded while it runs, and shouldStop reaches it', async () => {
    const logdir = folder();
    const { code, stdout, stderr } = await run(`
      const guesses = tf.variable(tf.tensor1d([9, 0, 0]));
      const predict = (inputs) => tf.zeros([inputs.shape[0], 3]).add(guesses);
      const optimizer = tf.train.sgd(1e-9);
      const options = { optimizer, numClasses: 3, predict, probe, stopOn: ['prediction-collapse'] };
      const monitor = await watch(tf, { ...options, outputs: 'logits', logdir: '${logdir}', mode: 'offline' });
      let step = 0;
      const deadline = Date.now() + 20000;
      while (!monitor.shouldStop && Date.now() < deadline) {
        optimizer.minimize(() => tf.losses.softmaxCrossEntropy(ys, monitor.observe(predict(xs), ys)), false, [guesses]);
        step++;
      }
      console.log('stopped', monitor.shouldStop);
      await monitor.close();
    `).finished;
    expect([code, stdout]).toEqual([0, 'stopped true\n']);
    expect(stderr).toMatch(
      /classwatch: \[warn\] 100 % of 48 predictions are class "0" since step 0; its true share is 33 %\./,
    );
    const alerts = stored(logdir).filter((record) => record.kind === 'alert');
    expect(alerts.map(({ body }) => body.rule)).toEqual(['initial-guessing-bias', 'prediction-collapse']);
    expect(stored(logdir).at(-1)).toMatchObject({ kind: 'end', body: { status: 'stopped' } });
  });

  test('with a listener for alerts hears of them when it yields', async () => {
    const { stdout } = await run(`
      model.layers[0].setWeights([tf.zeros([6, 3]), tf.tensor1d([5, 0, 0])]);
      const heard = [];
      const onAlert = ({ body }) => heard.push('option ' + body.rule);
      const monitor = await watch(tf, model, { probe, survey: false, logdir: '${folder()}', mode: 'offline', onAlert });
      monitor.on('alert', ({ body }) => heard.push('on ' + body.rule));
      await model.trainOnBatch(xs, ys);
      await monitor.close();
      console.log(heard.join());
    `).finished;
    expect(stdout).toBe('option initial-guessing-bias,on initial-guessing-bias\n');
  });
});

test('several monitors of a process share one server, which stays until the last of them is closed', async () => {
  const logdir = folder();
  const { code, stdout, stderr } = await run(`
    const other = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [6], activation: 'softmax' })] });
    other.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const one = await watch(tf, model, { logdir: '${logdir}', port: 0 });
    const two = await watch(tf, other, { logdir: '${logdir}', port: 0 });
    console.log(new URL(one.url).origin === new URL(two.url).origin);
    await model.trainOnBatch(xs, ys);
    for (let i = 0; i < 2; i++) await other.trainOnBatch(xs, ys);
    await one.close();
    console.log((await fetch(two.url, { redirect: 'manual' })).status, one.url);
    await two.close();
    const three = await watch(tf, model, { logdir: '${logdir}', port: 0 });
    await model.trainOnBatch(xs, ys);
    await three.close();
  `).finished;
  expect([code, stdout, stderr]).toEqual([0, 'true\n303 null\n', '']);
  const store = openStore(logdir);
  expect(
    store
      .runs()
      .map(({ steps, state }) => [steps, state])
      .sort(),
  ).toEqual([
    [1, 'finished'],
    [1, 'finished'],
    [2, 'finished'],
  ]);
  store.close();
});

test('control characters in names do not reach the terminal', async () => {
  const { stderr } = await run(`
    model.layers[0].setWeights([tf.zeros([6, 3]), tf.tensor1d([5, 0, 0])]);
    const classNames = ['\\x1b[31mred\\x07', 'b', 'c'];
    const monitor = await watch(tf, model, { probe, classNames, survey: false, logdir: '${folder()}', mode: 'offline' });
    await model.trainOnBatch(xs, ys);
    await monitor.close();
  `).finished;
  expect(stderr).toContain('\uFFFD[31mred\uFFFD');
  expect(['\u001b', '\u0007'].filter((control) => stderr.includes(control))).toEqual([]);
});

test('with url the records go to the server elsewhere, rules are evaluated here, and nothing is stored here', async () => {
  const elsewhere = folder();
  const here = folder();
  const store = openStore(elsewhere);
  const server = await startServer({ store, port: 0, dashboard: here });
  const { code, stdout } = await run(`
    model.layers[0].setWeights([tf.zeros([6, 3]), tf.tensor1d([5, 0, 0])]);
    const where = { url: '${server.origin}', token: '${server.token}', logdir: '${here}' };
    const monitor = await watch(tf, model, { probe, survey: false, ...where });
    await model.fit(xs, ys, { epochs: 2, batchSize: 16, verbose: 0, callbacks: monitor.callbacks });
    console.log(monitor.url);
    await monitor.close();
  `).finished;
  await server.close();
  store.close();
  const records = stored(elsewhere);
  expect([code, stdout]).toEqual([0, `${server.origin}/#${records[0]!.run}\n`]);
  expect(records.map(({ seq }) => seq)).toEqual(first(records.length).map((i) => i + 1));
  expect(stepsOf(records, 'loss')).toEqual(first(6));
  expect(records.find(({ kind }) => kind === 'alert')).toMatchObject({ body: { rule: 'initial-guessing-bias' } });
  expect(records.at(-1)!.kind).toBe('end');
  expect(readdirSync(here)).toEqual([]);
});

describe('what goes wrong', () => {
  test('a log directory that cannot be written is told before training starts', async () => {
    const file = join(folder(), 'a-file');
    writeFileSync(file, '');
    const { code, stderr } = await run(`
      await watch(tf, model, { logdir: '${file}/runs' }).catch((error) => {
        console.error(error.name + ': ' + error.message);
        process.exit(7);
      });
    `).finished;
    expect(code).toBe(7);
    expect(stderr).toMatch(/^UsageError: .*a-file\/runs.*\n$/);
  });

  test('a disk that fills up in the middle of training is told once, and training and page go on', async () => {
    const logdir = folder();
    const { code, stdout, stderr } = await run(
      `
      const monitor = await watch(tf, model, { probe, logdir: '${logdir}', port: 0 });
      const before = model.getWeights()[0].dataSync()[0];
      for (let i = 0; i < 3000; i++) await model.trainOnBatch(xs, ys);
      await monitor.flush();
      console.log(model.getWeights()[0].dataSync()[0] !== before, (await fetch(monitor.url, { redirect: 'manual' })).status);
      await monitor.close();
    `,
      // Files of at most 128 KiB, and the signal of the limit ignored: writing fails as on a full disk.
      "trap '' XFSZ; ulimit -f 128;",
    ).finished;
    expect([code, stdout]).toEqual([0, 'true 303\n']);
    expect(stderr.match(/training goes on/g)).toHaveLength(1);
  });

  test('a server elsewhere that is not there costs training nothing but a sentence', async () => {
    const { code, stderr } = await run(`
      const monitor = await watch(tf, model, { probe, url: 'http://127.0.0.1:9', token: 't' });
      await model.fit(xs, ys, { epochs: 2, batchSize: 16, verbose: 0, callbacks: monitor.callbacks });
      await monitor.close();
    `).finished;
    expect(code).toBe(0);
    expect(stderr).toMatch(/classwatch: .*127\.0\.0\.1:9/);
  });

  test('a port in use: the next free one is taken, and said', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const { code, stdout, stderr } = await run(`
      const monitor = await watch(tf, model, { logdir: '${folder()}', port: ${port} });
      console.log(new URL(monitor.url).port);
      await model.trainOnBatch(xs, ys);
      await monitor.close();
    `).finished;
    server.close();
    expect(code).toBe(0);
    expect(Number(stdout)).toBeGreaterThan(port);
    expect(stderr).toContain(String(port));
  });

  test('a worker file that a bundler has lost: one sentence, and training goes on without monitor', async () => {
    const { code, stderr } = await run(`
      const monitor = await watch(tf, model, { probe, workerUrl: new URL('file:///nowhere/worker.js') });
      await model.fit(xs, ys, { epochs: 1, verbose: 0, callbacks: monitor.callbacks });
      await monitor.close();
    `).finished;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^classwatch: Expected the relay worker at file:\/\/\/nowhere\/worker\.js, found nothing there/,
    );
    expect(existsSync(join(process.cwd(), 'nowhere'))).toBe(false);
  });
});
