import { describe, expect, test } from 'vitest';
import { trainingGeometry } from '../../../src/capture/features/feature-watch.ts';
import { FeatureWindow } from '../../../src/capture/features/feature-window.ts';

const CLASSES = 3;

/** `count` examples in batches of 32, classes in turn; one feature, which says when it came. */
function feed(window: FeatureWindow, count: number, at = 0, labelOf = (i: number) => i % CLASSES): void {
  for (let i = 0; i < count; i += 32) {
    const labels = Int32Array.from({ length: Math.min(32, count - i) }, (_, j) => labelOf(i + j));
    window.add(new Float32Array(labels.length).fill(at), labels, labels);
  }
}

const told = (window: FeatureWindow) => [...window.told!.moments.counts];

test('nothing is told before the first batch, all there is after it', () => {
  const window = new FeatureWindow(CLASSES, 1);
  expect(window.told).toBeNull();
  feed(window, 32);
  expect(told(window)).toEqual([11, 11, 10]);
});

describe('without epochs', () => {
  test('stretches double in length, up to a bound', () => {
    const window = new FeatureWindow(CLASSES, 1);
    const lengths: number[] = [];
    for (let i = 0, last = window.told; i < 400_000; i += 32) {
      feed(window, 32, 0, () => 0);
      // All are of one class: the stretch under way counts as soon as it has enough.
      if (window.told !== last && last !== null) lengths.push(last.examples);
      last = window.told;
    }
    expect(lengths).toEqual([256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 65536, 65536, 65536, 65536]);
  });

  test('the last whole stretch is told until the next one has enough of every class', () => {
    const window = new FeatureWindow(CLASSES, 1);
    feed(window, 256, 1);
    feed(window, 64, 2, (i) => i % 2);
    expect(window.told!.moments.mean(0)![0]).toBe(1);
    feed(window, 32, 2, () => 2);
    expect(window.told!.moments.mean(0)![0]).toBe(2);
  });

  test('a class that neither has does not keep it waiting', () => {
    const window = new FeatureWindow(CLASSES, 1);
    feed(window, 256, 1, (i) => i % 2);
    feed(window, 64, 2, (i) => i % 2);
    expect(window.told!.moments.mean(0)![0]).toBe(2);
  });
});

describe('with epochs', () => {
  test('a stretch is an epoch, from the end of the second on at the latest', () => {
    const window = new FeatureWindow(CLASSES, 1);
    feed(window, 300);
    window.endEpoch();
    feed(window, 300);
    window.endEpoch();
    feed(window, 300, 3);
    expect(window.told!.examples).toBe(300);
    window.endEpoch();
    feed(window, 32, 4);
    expect(window.told!.examples).toBe(300);
    expect(window.told!.moments.mean(0)![0]).toBe(3);
  });

  test('at its end an epoch is told even if a class is rare', () => {
    const window = new FeatureWindow(CLASSES, 1);
    const rare = (i: number) => (i < 2 ? 2 : i % 2);
    for (let epoch = 0; epoch < 4; epoch++) {
      feed(window, 200, epoch, rare);
      expect(window.told!.moments.counts[2]).toBe(2);
      expect(window.told!.moments.mean(2)![0]).toBe(epoch);
      window.endEpoch();
    }
    feed(window, 100, 9, rare);
    expect(window.told!.moments.mean(2)![0]).toBe(3);
  });

  test('an epoch without a batch changes nothing', () => {
    const window = new FeatureWindow(CLASSES, 1);
    feed(window, 100);
    window.endEpoch();
    window.endEpoch();
    expect(window.told!.examples).toBe(100);
  });
});

describe('NC1 of more features than are kept in full', () => {
  const COLUMNS = 70;
  /** Class c lies around the unit vector c. */
  const batch = (labels: Int32Array) =>
    Float32Array.from(
      { length: labels.length * COLUMNS },
      (_, i) => (i % COLUMNS === labels[Math.floor(i / COLUMNS)]! ? 1 : 0) + 0.1 * Math.sin(i * i),
    );
  const nc1 = (window: FeatureWindow) =>
    trainingGeometry(window.told!, new Float32Array(CLASSES * COLUMNS).fill(1))!.nc1;
  const fed = (window: FeatureWindow, labelOf: (i: number) => number) => {
    for (let i = 0; i < 256; i += 32) {
      const labels = Int32Array.from({ length: 32 }, (_, j) => labelOf(i + j));
      window.add(batch(labels), labels, labels);
    }
  };

  test('is told along the class means of the stretch before', () => {
    const window = new FeatureWindow(CLASSES, COLUMNS);
    fed(window, (i) => i % CLASSES);
    expect(nc1(window)).toBeNull();
    fed(window, (i) => i % CLASSES);
    expect(nc1(window)).toBeGreaterThan(0.001);
    expect(nc1(window)).toBeLessThan(0.1);
  });

  test('is missing where a class was not there before', () => {
    const window = new FeatureWindow(CLASSES, COLUMNS);
    fed(window, (i) => i % 2);
    fed(window, (i) => i % CLASSES);
    expect(window.told!.moments.counts.every((count) => count > 30)).toBe(true);
    expect(nc1(window)).toBeNull();
  });

  test('is missing where the means have turned', () => {
    const window = new FeatureWindow(CLASSES, COLUMNS);
    fed(window, (i) => i % CLASSES);
    for (let i = 0; i < 256; i += 32) {
      const labels = Int32Array.from({ length: 32 }, (_, j) => (i + j) % CLASSES);
      window.add(batch(labels.map((label) => label + CLASSES)), labels, labels);
    }
    expect(nc1(window)).toBeNull();
  });
});
