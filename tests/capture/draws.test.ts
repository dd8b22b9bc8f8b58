import { afterEach, describe, expect, test, vi } from 'vitest';
import { Draws } from '../../src/capture/draws.ts';
import { generator } from '../support/generator.ts';

afterEach(() => void vi.restoreAllMocks());

const three = () => [Math.random(), Math.random(), Math.random()];

describe('draws of a stretch of training', () => {
  test('are what Math.random would have given, and come again as often as wanted', () => {
    vi.spyOn(Math, 'random').mockImplementation(generator(3));
    const expected = three();
    vi.restoreAllMocks();
    const spy = vi.spyOn(Math, 'random').mockImplementation(generator(3));
    const draws = new Draws();
    draws.record();
    expect(three()).toEqual(expected);
    draws.stop();
    expect(Math.random).toBe(spy);
    expect(draws.replay(three)).toEqual(expected);
    expect(draws.replay(three)).toEqual(expected);
    expect(spy).toHaveBeenCalledTimes(3);
  });

  test('of more than one listener at a time are covered once, in whatever order they stop', () => {
    const { random } = Math;
    const [a, b] = [new Draws(), new Draws()];
    a.record();
    const first = Math.random();
    b.record();
    const second = Math.random();
    a.stop();
    const third = Math.random();
    b.stop();
    expect(Math.random).toBe(random);
    expect(a.replay(() => [Math.random(), Math.random()])).toEqual([first, second]);
    expect(b.replay(() => [Math.random(), Math.random()])).toEqual([second, third]);
  });

  test('give null where more or fewer are drawn than before, but still numbers', () => {
    const draws = new Draws();
    draws.record();
    Math.random();
    draws.stop();
    expect(draws.replay(() => 1)).toBeNull();
    const drawn: number[] = [];
    expect(draws.replay(() => drawn.push(...three()))).toBeNull();
    expect(drawn.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(new Set(drawn).size).toBe(3);
  });

  test('end with Math.random as it was, also when what is replayed throws or sets it', () => {
    const { random } = Math;
    const draws = new Draws();
    draws.record();
    draws.stop();
    const fails = () => {
      Math.random = () => 0;
      throw new Error('no');
    };
    expect(() => draws.replay(fails)).toThrow('no');
    expect(Math.random).toBe(random);
  });

  test('are noted until the end where somebody else has covered Math.random since, who keeps theirs', () => {
    const { random } = Math;
    const draws = new Draws();
    draws.record();
    const covered = Math.random;
    const theirs = () => covered();
    Math.random = theirs;
    const draw = Math.random();
    draws.stop();
    expect(Math.random).toBe(theirs);
    Math.random();
    expect(draws.replay(() => [Math.random()])).toEqual([draw]);
    Math.random = random;
  });

  test('are forgotten beyond 65,536, and then nothing comes again', () => {
    const draws = new Draws();
    draws.record();
    for (let i = 0; i <= 1 << 16; i++) Math.random();
    draws.stop();
    expect(
      draws.replay(() => {
        for (let i = 0; i < 1 << 16; i++) Math.random();
      }),
    ).toBeNull();
  });
});
