import { versionOf } from './capture/engine/tensors.ts';
import type { RunFacts } from './capture/run-facts.ts';
import { classGroupsOf } from './class-groups.ts';
import type { WatchOptions } from './options.ts';
import type { RunBody } from './record.ts';
import { shortened } from './target.ts';
import type { TfLike } from './tf.ts';
import { UsageError } from './usage-error.ts';
import { VERSION } from './version.ts';

/** What is known of a run before its first step. Throws a UsageError for a config or groups that can't be kept. */
export function runBodyOf(
  tf: TfLike,
  options: WatchOptions,
  classNames: readonly string[],
  time: number,
  inherited: string | null,
): RunBody {
  const { name, classCounts, groups } = options;
  return {
    name: name ? shortened(name) : new Date(time).toISOString().slice(0, 19).replace('T', ' '),
    classNames,
    classCounts: classCounts ? Array.from(classCounts) : null,
    ...(groups ? { groups: classGroupsOf(classNames, groups) } : {}),
    ...(inherited === null ? {} : { inherited }),
    config: plain(options.config ?? {}),
    versions: { classwatch: VERSION, tfjs: versionOf(tf), backend: tf.getBackend() },
    pid: globalThis.process?.pid ?? 0,
  };
}

/** What metrics may know of the run; a list without groups is none. The rest is looked up when it is read: steps have no use for it. */
export function factsOf(
  { groups = {} }: RunBody,
  of: { readonly [name in 'lossName' | 'hasBias']: () => RunFacts[name] },
): RunFacts {
  return {
    groups: Object.keys(groups).length > 0 ? groups : null,
    get lossName() {
      return of.lossName();
    },
    get hasBias() {
      return of.hasBias();
    },
  };
}

/** Only data travels: functions and class instances in a config would not survive the way to the worker. */
function plain(config: object): { [key: string]: unknown } {
  try {
    return JSON.parse(JSON.stringify(config));
  } catch {
    throw new UsageError(
      'Expected config to hold plain data (JSON), got something that JSON can not hold: leave it out.',
    );
  }
}
