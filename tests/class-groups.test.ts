import { beforeAll, expect, test } from 'vitest';
import { classGroupsOf } from '../src/class-groups.ts';
import type { WatchOptions } from '../src/options.ts';
import { recording } from './support/recording.ts';
import { tf, wasm } from './support/tensorflow.ts';
import { blobs, net } from './support/toys.ts';

beforeAll(wasm);

const NAMES = ['cat', 'dog', 'eel', 'fox'];

test('classes of a group are indices or names, in any order; the groups come out as ascending indices', () => {
  expect(classGroupsOf(NAMES, { minority: ['fox', 2] })).toEqual({ minority: [2, 3] });
  expect(classGroupsOf(NAMES, { head: [0], medium: Int32Array.of(1), tail: ['eel', 'fox'] })).toEqual({
    head: [0],
    medium: [1],
    tail: [2, 3],
  });
  expect(classGroupsOf(NAMES, { minority: [] })).toEqual({ minority: [] });
});

test('a number is an index, also where classes are called by numbers', () => {
  expect(classGroupsOf(['3', '2', '1', '0'], { minority: [3, '2'] })).toEqual({ minority: [1, 3] });
});

test.each<[unknown, RegExp]>([
  [
    { minority: 'fox' },
    /^Expected the group "minority" to be a list of classes, got a string: pass their indices or names, as in \{ groups: \{ minority: \[2, 3\] \} \}\.$/,
  ],
  [{ tail: null }, /^Expected the group "tail" to be a list of classes, got null: /],
  [
    { minority: ['foxx'] },
    /^Expected the group "minority" to hold indices 0 to 3 or names of classes, got "foxx": did you mean "fox"\?$/,
  ],
  [{ minority: [4] }, /^Expected the group "minority" to hold indices 0 to 3 or names of classes, got 4\.$/],
  [{ minority: [-1] }, /got -1\.$/],
  [{ minority: [1.5] }, /got 1\.5\.$/],
  [{ minority: [{}] }, /got \[object Object\]\.$/],
  [{ minority: ['fox', 3] }, /^Expected every class once in groups, got "fox" in "minority" and in "minority"\.$/],
  [{ head: [0], tail: [0] }, /^Expected every class once in groups, got "cat" in "head" and in "tail"\.$/],
])('groups %j are refused with a sentence', async (groups, sentence) => {
  expect(() => classGroupsOf(NAMES, groups as never)).toThrow(sentence);
  const model = net(4);
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  await expect(recording(tf, model, { classNames: NAMES, groups } as WatchOptions)).rejects.toThrow(sentence);
});

test('a name that two classes share names neither', () => {
  expect(() => classGroupsOf(['a', 'b', 'a'], { minority: ['a'] })).toThrow(
    /^Expected the group "minority" to hold indices 0 to 2 or names of classes, got "a", which 2 classes are called: pass indices\.$/,
  );
});

test('groups travel in the body of the run, for rules and page', async () => {
  const { xs, ys } = blobs([20, 20, 4]);
  const model = net(3);
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const { monitor, records } = await recording(tf, model, { groups: { minority: ['2'] }, classCounts: [20, 20, 4] });
  await model.trainOnBatch(xs, ys);
  await monitor.close();
  expect(records[0]).toMatchObject({ kind: 'run', body: { groups: { minority: [2] }, classCounts: [20, 20, 4] } });
});

test('a run without groups says nothing of them', async () => {
  const model = net(3);
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  const { monitor, records } = await recording(tf, model);
  await monitor.close();
  expect(Object.keys((records[0] as { body: object }).body)).not.toContain('groups');
});
