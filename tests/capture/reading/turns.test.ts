import { expect, test, vi } from 'vitest';
import { both, type Later, map, Pending, Sequence } from '../../../src/capture/reading/later.ts';
import { Turns } from '../../../src/capture/reading/turns.ts';

/** A value that is not there before `come` was called. */
function pending<T>(value: T) {
  let ready = false;
  const discarded = vi.fn();
  const source = {
    get ready() {
      return ready;
    },
    take: () => value,
    discard: discarded,
  };
  const come = () => {
    ready = true;
  };
  return { value: new Pending(source), discarded, come };
}

function turns() {
  const used: unknown[] = [];
  const failures: unknown[] = [];
  const queue = new Turns((error) => failures.push(error));
  const take = <T>(value: Later<T>) => queue.take(value, (one) => void used.push(one));
  return { queue, used, failures, take };
}

test('what is here is used at once where nothing waits', () => {
  const { used, take } = turns();
  take(1);
  take(2);
  expect(used).toEqual([1, 2]);
});

test('values are used in the order in which they were asked for, whatever comes first', async () => {
  const { queue, used, take } = turns();
  const [a, b] = [pending('a'), pending('b')];
  let resolve: (value: string) => void = () => {};
  take(a.value);
  take('here');
  const promised = new Promise<string>((done) => {
    resolve = done;
  });
  take(promised);
  take(b.value);
  b.come();
  resolve('promised');
  await Promise.resolve();
  expect(used).toEqual([]);
  a.come();
  await queue.settled();
  expect(used).toEqual(['a', 'here', 'promised', 'b']);
});

test('whoever takes a value first uses what has come by now, without the loop ever yielding', () => {
  const { used, take } = turns();
  const all = [pending(0), pending(1), pending(2)];
  all.forEach(({ value, come }, i) => {
    take(value);
    expect(used.length).toBe(i);
    come();
  });
  take(3);
  expect(used).toEqual([0, 1, 2, 3]);
});

test('what is left is used within a short while where nobody takes anything any more', async () => {
  const { used, take } = turns();
  const last = pending('last');
  take(last.value);
  setTimeout(last.come, 5);
  await vi.waitFor(() => expect(used).toEqual(['last']));
});

test('a value that was used is not asked for again by whoever waits for all', async () => {
  const { queue, used, take } = turns();
  let [taken, askedLate] = [false, 0];
  const start = performance.now();
  const source = {
    get ready() {
      if (taken) askedLate++;
      return !taken && performance.now() - start > 30;
    },
    take: () => {
      taken = true;
      return 'once';
    },
    discard: () => {},
  };
  take(new Pending(source));
  const settled = queue.settled();
  while (performance.now() - start < 40);
  take('next');
  await settled;
  expect([used, askedLate]).toEqual([['once', 'next'], 0]);
});

test('a value that fails, and a use that does, cost themselves only', async () => {
  const { queue, used, failures, take } = turns();
  const broken = pending(0).value.map(() => {
    throw new Error('taken');
  });
  Object.defineProperty(broken, 'ready', { value: true });
  take(Promise.reject(new Error('read')));
  take(broken);
  queue.take('x', () => {
    throw new Error('used');
  });
  take('after');
  await queue.settled();
  expect(used).toEqual(['after']);
  expect(failures.map((error) => (error as Error).message)).toEqual(['read', 'taken', 'used']);
});

test('a use that takes something itself gets it after all that was asked for before', async () => {
  const { queue, used, take } = turns();
  const first = pending('first');
  queue.take(first.value, (one) => {
    used.push(one);
    take('from within');
  });
  take('second');
  first.come();
  await queue.settled();
  expect(used).toEqual(['first', 'second', 'from within']);
});

test('two values are one as soon as both are here, and are given up together', async () => {
  expect(both(1, 2)).toEqual([1, 2]);
  const [a, b] = [pending('a'), pending('b')];
  const pair = both(a.value, b.value) as Pending<readonly [string, string]>;
  a.come();
  expect(pair.ready).toBe(false);
  b.come();
  expect([pair.ready, pair.take()]).toEqual([true, ['a', 'b']]);
  pair.discard();
  expect([a.discarded.mock.calls.length, b.discarded.mock.calls.length]).toEqual([1, 1]);
  const [left, right] = [both('l', b.value), both(a.value, 'r')] as Pending<unknown>[];
  expect([left!.take(), right!.take()]).toEqual([
    ['l', 'b'],
    ['a', 'r'],
  ]);
  expect(await both(Promise.resolve('p'), b.value)).toEqual(['p', 'b']);
  expect(await both(1, Promise.resolve('p'))).toEqual([1, 'p']);
});

test('what is made of a value is made when it is used, and only then', async () => {
  const double = (value: number) => 2 * value;
  const later = pending(4);
  const made = map(later.value, double) as Pending<number>;
  later.come();
  expect([map(3, double), made.ready, made.take(), await map(Promise.resolve(5), double)]).toEqual([6, true, 8, 10]);
});

test('in a sequence a value that is here waits for those before it', () => {
  const sequence = new Sequence();
  const seen: number[] = [];
  const see = (value: number) => seen.push(value);
  expect(sequence.map(0, see)).toBe(1);
  const first = pending(1);
  const [one, two] = [sequence.map(first.value, see), sequence.map(2, see)] as Pending<number>[];
  expect([seen, two!.ready]).toEqual([[0], true]);
  one!.take();
  two!.take();
  expect(sequence.map(3, see)).toBe(4);
  expect(seen).toEqual([0, 1, 2, 3]);
});
