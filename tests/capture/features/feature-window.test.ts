import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { trainingGeometry } from '../../../src/capture/features/feature-watch.ts';
import { FeatureWindow, newStretch } from '../../../src/capture/features/feature-window.ts';
import { generator } from '../../support/generator.ts';

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

describe('a class that was missed', () => {
  const means = (window: FeatureWindow) => window.told!.moments.means().map((mean) => mean?.[0] ?? null);
  const onlyTwo = (i: number) => i % 2;

  test('stays as it was when it was seen last, epoch after epoch, while the others are those of now', () => {
    const window = new FeatureWindow(CLASSES, 1);
    feed(window, 96, 1);
    window.endEpoch();
    for (const at of [2, 3]) {
      feed(window, 96, at, onlyTwo);
      expect(means(window)).toEqual([at, at, 1]);
      window.endEpoch();
      expect(means(window)).toEqual([at, at, 1]);
    }
    feed(window, 96, 4);
    window.endEpoch();
    expect(means(window)).toEqual([4, 4, 4]);
  });

  test('makes no stretch longer than it was', () => {
    const window = new FeatureWindow(CLASSES, 1);
    feed(window, 96, 1);
    window.endEpoch();
    feed(window, 96, 2, onlyTwo);
    window.endEpoch();
    feed(window, 64, 3);
    expect(window.told!.examples).toBe(96);
    feed(window, 32, 3);
    expect(means(window)).toEqual([3, 3, 3]);
  });

  test('NC1 is told all the same', () => {
    const [columns, rows] = [70, new Float32Array(CLASSES * 70).fill(1)];
    const window = new FeatureWindow(CLASSES, columns);
    const around = (labels: Int32Array) =>
      Float32Array.from(
        { length: labels.length * columns },
        (_, i) => (i % columns === labels[Math.floor(i / columns)]! ? 1 : 0) + 0.1 * Math.sin(i * i),
      );
    for (const labelOf of [(i: number) => i % CLASSES, (i: number) => i % CLASSES, onlyTwo]) {
      for (let i = 0; i < 256; i += 32) {
        const labels = Int32Array.from({ length: 32 }, (_, j) => labelOf(i + j));
        window.add(around(labels), labels, labels);
      }
      window.endEpoch();
    }
    expect(trainingGeometry(window.told!, rows)!.nc1).toBeGreaterThan(0.001);
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

  test('of a part of the examples, three of each class, NC1 is that of all: fewer vary less about their own mean', () => {
    const [classes, columns] = [40, 16];
    const random = generator(3);
    const centres = Float32Array.from({ length: classes * columns }, () => random());
    const part = (count: number) => {
      const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
      const features = Float32Array.from(
        { length: count * columns },
        (_, i) => centres[labels[Math.floor(i / columns)]! * columns + (i % columns)]! + random() - 0.5,
      );
      return [features, labels] as const;
    };
    const [few, most] = [part(3 * classes), part(60 * classes)];
    const rows = new Float32Array(classes * columns).fill(1);
    const nc1 = (isAll: boolean) => {
      const stretch = newStretch(classes, columns, null);
      for (const [features, labels] of [few, most]) stretch.moments.add(features, labels);
      for (const [features, labels] of isAll ? [few, most] : [few]) {
        stretch.spread.add(features, labels, labels, stretch.moments);
      }
      return trainingGeometry(stretch, rows)!.nc1!;
    };
    // A third less without the correction.
    expect(nc1(false) / nc1(true)).toBeGreaterThan(0.93);
    expect(nc1(false) / nc1(true)).toBeLessThan(1.07);
    const alone = newStretch(classes, columns, null);
    for (const [features, labels] of [few, most]) alone.moments.add(features, labels);
    const [features, labels] = part(classes + 19);
    alone.spread.add(features, labels, labels, alone.moments);
    expect(trainingGeometry(alone, rows)!.nc1).toBeNull();
  });

  describe('of so many classes that directions take long to make', () => {
    const [classes, columns] = [330, 1000];
    const random = generator(5);
    const means = Float32Array.from({ length: classes * columns }, () => random() - 0.5);
    /** `each` examples of every class around means that are those of the next class after every turn. */
    const fedOnce = (window: FeatureWindow, turn: number, each = 4) => {
      const labels = Int32Array.from({ length: each * classes }, (_, i) => i % classes);
      const features = new Float32Array(labels.length * columns);
      labels.forEach((label, i) => {
        const own = ((label + turn) % classes) * columns;
        for (let j = 0; j < columns; j++) features[i * columns + j] = means[own + j]! + 0.1 * (random() - 0.5);
      });
      window.add(features, labels, labels);
      return window.told!.spread.basis;
    };
    let clock = 0;
    beforeEach(() => {
      // Whatever is timed takes two seconds.
      vi.spyOn(performance, 'now').mockImplementation(() => {
        clock += 2000;
        return clock;
      });
    });
    afterEach(() => void vi.restoreAllMocks());

    test('they are made anew when the share of the time allows it, and serve further stretches until then', () => {
      const window = new FeatureWindow(classes, columns, 0.0001);
      const bases = [0, 1, 2, 3].map((turn) => {
        const basis = fedOnce(window, turn);
        if (turn === 2) clock += 3.6e8;
        window.endEpoch();
        return basis;
      });
      expect(bases.map((basis) => basis?.size ?? null)).toEqual([null, classes - 1, classes - 1, classes - 1]);
      expect(bases[2]).toBe(bases[1]);
      expect(bases[3]).not.toBe(bases[1]);
    });

    test('with a share of 1 at every turn', () => {
      const window = new FeatureWindow(classes, columns, 1);
      const [, first, second] = [0, 1, 2].map((turn) => {
        const basis = fedOnce(window, turn);
        window.endEpoch();
        return basis;
      });
      expect(second).not.toBe(first);
    });

    test('not of a stretch with fewer than four examples for each class', () => {
      const window = new FeatureWindow(classes, columns, 1);
      fedOnce(window, 0, 3);
      window.endEpoch();
      expect(fedOnce(window, 0)).toBeNull();
      window.endEpoch();
      expect(fedOnce(window, 0)).not.toBeNull();
    });
  });
});
