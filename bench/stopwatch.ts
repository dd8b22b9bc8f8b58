/** Where the monitor's time goes: its functions, timed from outside while a few steps run. */
import { estimate } from './pairs.js';

export interface Parts {
  /** Reading and decoding the batch. */
  readonly batch: number;
  /** Walking the tape and opening the windows. */
  readonly walk: number;
  /** Class sums inside the windows. */
  readonly sums: number;
  /** After the backward pass: what was kept for the end, the norm of the gradient. */
  readonly finish: number;
  /** From the Gram to the records, handing over included. */
  readonly metrics: number;
}

type Methods = { [name: string]: (...given: never[]) => unknown };

/** Names of methods, by the built module and class that has them. */
const TIMED: readonly (readonly [file: string, type: string, methods: readonly string[], part: string])[] = [
  ['recorder', 'Recorder', ['opening', 'forward'], 'forward'],
  ['capture/gradients/gradient-watch', 'GradientWatch', ['opening', 'forward'], 'walk'],
  ['capture/gradients/sums/native', 'NativeSums', ['product', 'sum', 'segments', 'masked', 'take', 'sink'], 'sums'],
  ['capture/gradients/sums/class-products', 'ClassProducts', ['sum'], 'sums'],
  ['recorder', 'Recorder', ['backward', 'updating'], 'finish'],
  ['recorder', 'Recorder', ['end'], 'metrics'],
];

/** Medians over `steps` calls of `step`, in milliseconds. */
export async function partsOf(steps: number, step: () => Promise<unknown>): Promise<Parts> {
  let spent: Record<string, number> = {};
  const undo: (() => void)[] = [];
  for (const [file, type, methods, part] of TIMED) {
    const module = (await import(new URL(`../${file}.js`, import.meta.url).href)) as Record<
      string,
      { prototype: Methods }
    >;
    const { prototype } = module[type]!;
    for (const name of methods) {
      const original = prototype[name]!;
      prototype[name] = function (this: unknown, ...given) {
        const start = performance.now();
        try {
          return original.apply(this, given);
        } finally {
          spent[part] = (spent[part] ?? 0) + performance.now() - start;
        }
      };
      undo.push(() => {
        prototype[name] = original;
      });
    }
  }
  const seen: Record<string, number>[] = [];
  for (let n = 0; n < steps; n++) {
    spent = {};
    await step();
    seen.push(spent);
  }
  for (const restore of undo.reverse()) restore();
  const median = (of: (one: Record<string, number>) => number) => estimate(seen.map(of)).median;
  const part = (name: string) => median((one) => one[name] ?? 0);
  return {
    batch: median(({ forward = 0, walk = 0 }) => forward - walk),
    ...{ walk: part('walk'), sums: part('sums'), finish: part('finish'), metrics: part('metrics') },
  };
}
