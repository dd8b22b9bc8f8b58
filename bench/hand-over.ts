/** Encoding and hand-over of one step's measurements alone. */
type LinkModule = typeof import('../dist/relay/link.js');

/** Microseconds of each step, without the first ones; `folder` takes the run. */
export async function handOver(classes: number, folder: string): Promise<number[]> {
  const { Link } = (await import(new URL('../relay/link.js', import.meta.url).href)) as LinkModule;
  const nothing = () => {};
  const options = { mode: 'offline' as const, logdir: folder, stopOn: [], onAlert: nothing, onTrouble: nothing };
  const open = { classes, host: undefined, port: undefined, token: undefined, url: undefined, dashboard: undefined };
  const run = `bench-${classes}`;
  const link = await Link.open({ ...options, ...open, run, rules: undefined, workerUrl: undefined }, nothing);
  const head = { v: 1, run, time: Date.now(), epoch: null, stream: 'train' };
  const ids = Array.from({ length: 8 }, (_, i) => `metric-${i}`);
  for (const id of ids) {
    const body = { id, stream: 'train', help: '', axes: ['class'] as const, cadence: 'step' as const };
    link!.write({ ...head, step: 0, kind: 'metric', body: { ...body, fold: 'mean', panels: [] } });
  }
  const declared = ids.map((metric, number) => ({ number, stream: 'train', metric, shape: [classes], double: false }));
  const took: number[] = [];
  for (let n = 0; n < 2000; n++) {
    const values = Float64Array.from({ length: classes }, (_, i) => i + n);
    const measurements = declared.map((of) => ({ of, values }));
    const start = performance.now();
    link!.send({ time: head.time, step: n, epoch: null }, measurements);
    took.push((performance.now() - start) * 1000);
    if (n % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await link!.close(false);
  return took.slice(200);
}
