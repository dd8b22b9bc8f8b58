import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Depth, Depths } from '../../src/evaluations/depth.ts';

let clock = 0;
beforeEach(() => void vi.spyOn(performance, 'now').mockImplementation(() => clock));
afterEach(() => void vi.restoreAllMocks());

const NONE = { isAny: false, isThorough: false };
const QUICK = { isAny: true, isThorough: false };
const WHOLE = { isAny: true, isThorough: true };

/** A look that takes so long. */
function look(depths: Depths, depth: Depth, milliseconds: number): void {
  depths.timed(depth, () => {
    clock += milliseconds;
  });
}

test('of few classes every look is thorough, whatever was spent', () => {
  const depths = new Depths(10, 0.01);
  look(depths, WHOLE, 1e6);
  expect(depths.at(256, null)).toEqual(WHOLE);
});

describe('of a hundred classes', () => {
  test('looks are thorough while the first second lasts and as far as their share goes, and at all ends', () => {
    const depths = new Depths(100, 0.02);
    for (let k = 0; k < 2; k++) {
      expect(depths.at(256, null)).toEqual(WHOLE);
      look(depths, WHOLE, 600);
    }
    expect(depths.at(256, null)).toEqual(QUICK);
    expect(depths.at(256, 'epoch')).toEqual(WHOLE);
    expect(depths.at(256, 'run')).toEqual(WHOLE);
    // Half of the share: 200 ms are earned in 20 s.
    clock += 17_000;
    expect(depths.at(256, null)).toEqual(QUICK);
    clock += 3_100;
    expect(depths.at(256, null)).toEqual(WHOLE);
  });

  test('quick looks spend a time of their own', () => {
    const depths = new Depths(100, 0.02);
    look(depths, QUICK, 1e6);
    expect(depths.at(256, null)).toEqual(WHOLE);
  });
});

describe('of a thousand classes', () => {
  test('a thorough look is earned before it is taken; at the end of the run there is one in any case', () => {
    const depths = new Depths(1000, 0.02);
    // 4 x 512 + 5,000 million multiply-adds, 7 s less the second that is given.
    expect(depths.at(512, null)).toEqual(QUICK);
    expect(depths.at(512, 'epoch')).toEqual(QUICK);
    expect(depths.at(512, 'run')).toEqual(WHOLE);
    clock += 600_000;
    expect(depths.at(512, null)).toEqual(QUICK);
    clock += 5_000;
    expect(depths.at(512, null)).toEqual(WHOLE);
  });

  test('even quick ones keep to their share but for ends, and of 4,096 features the end of the run is quick', () => {
    const depths = new Depths(1000, 0.02);
    expect(depths.at(4096, null)).toEqual(QUICK);
    look(depths, QUICK, 2000);
    expect(depths.at(4096, null)).toEqual(NONE);
    expect(depths.at(4096, 'epoch')).toEqual(QUICK);
    expect(depths.at(4096, 'run')).toEqual(QUICK);
    clock += 101_000;
    expect(depths.at(4096, null)).toEqual(QUICK);
  });

  test('with a share of 1 everything is always looked at', () => {
    const depths = new Depths(1000, 1);
    look(depths, depths.at(4096, null), 1e6);
    expect(depths.at(4096, null)).toEqual(WHOLE);
  });
});
