import { beforeAll, describe, expect, test } from 'vitest';
import { ClassPlane } from '../../../src/capture/features/class-plane.ts';
import { newStretch, type Stretch } from '../../../src/capture/features/feature-window.ts';
import { type PlaneView, principalAxes } from '../../../src/geometry/principal-axes.ts';
import { generator } from '../../support/generator.ts';
import { featuresOf, STILL, stood } from '../../support/still.ts';
import { tf, wasm } from '../../support/tensorflow.ts';
import { blobs, net } from '../../support/toys.ts';

const COLUMNS = 6;

function drawn(count: number, seed: number): Float32Array {
  const random = generator(seed);
  return Float32Array.from({ length: count }, () => random() - 0.5);
}

function stretch(classes: number, seed = 1, columns = COLUMNS): Stretch {
  const of = newStretch(classes, columns, null);
  of.moments.add(
    drawn(2 * classes * columns, seed),
    Int32Array.from({ length: 2 * classes }, (_, i) => i % classes),
  );
  return of;
}

const ends = ({ classifier, means }: PlaneView) => [...classifier, ...means].map((point) => point!);
const moved = (a: PlaneView, b: PlaneView) =>
  Math.max(...ends(a).map(([x, y], i) => Math.hypot(x - ends(b)[i]![0], y - ends(b)[i]![1])));

describe('the plane of the classes', () => {
  test('is turned onto the one before, so that a small move of the weights moves no point far', () => {
    const plane = new ClassPlane();
    const of = stretch(5);
    let rows = drawn(5 * COLUMNS, 2);
    let before = plane.of(of, rows)!;
    for (let step = 0; step < 40; step++) {
      const noise = drawn(rows.length, 100 + step);
      rows = rows.map((value, i) => value + 0.02 * noise[i]!);
      const after = plane.of(of, rows)!;
      expect(moved(before, after)).toBeLessThan(0.06);
      before = after;
    }
    // Without what was before, axes turn over sooner or later.
    expect(
      moved(before, principalAxes({ weights: rows, means: of.moments.means(), columns: COLUMNS })),
    ).toBeGreaterThan(0.2);
  });

  test('goes on from the last picture after weights that are not finite', () => {
    const [plane, of, rows] = [new ClassPlane(), stretch(5), drawn(5 * COLUMNS, 2)];
    const before = plane.of(of, rows)!;
    expect(
      plane.of(
        of,
        rows.map((value, i) => (i === 3 ? NaN : value)),
      ),
    ).toBeNull();
    expect(moved(before, plane.of(of, rows)!)).toBeLessThan(1e-9);
  });

  test('is not drawn of too many classes, of one mean, or of rows of another length', () => {
    const of = (classes: number, columns = COLUMNS) =>
      new ClassPlane().of(stretch(classes, 1, columns), drawn(classes * columns, 2));
    expect([of(1000) === null, of(1001) === null]).toEqual([false, true]);
    expect(new ClassPlane().of(stretch(3), drawn(12, 2))).toBeNull();
    const single = newStretch(3, COLUMNS, null);
    single.moments.add(drawn(2 * COLUMNS, 1), Int32Array.of(1, 1));
    expect(new ClassPlane().of(single, drawn(3 * COLUMNS, 2))).toBeNull();
  });

  test('has a place for a class without examples in its row alone', () => {
    const of = newStretch(3, COLUMNS, null);
    of.moments.add(drawn(4 * COLUMNS, 1), Int32Array.of(0, 2, 0, 2));
    const { classifier, means } = new ClassPlane().of(of, drawn(3 * COLUMNS, 2))!;
    expect([classifier.includes(null), means.map((point) => point === null)]).toEqual([false, [false, true, false]]);
  });
});

describe('in a run', () => {
  beforeAll(wasm);

  test('rows and means of training features are those of the model, in one plane with the share that it shows', async () => {
    const data = blobs([120, 80, 40]);
    const model = net(3);
    model.compile({ ...STILL, optimizer: STILL.optimizer() });
    const { of, records } = await stood(model, data);
    const features = featuresOf(model, data, model.layers[0]!);
    const means = [0, 1, 2].map((c) => {
      const own = features.filter((_, i) => data.labels[i] === c);
      return own[0]!.map((_, j) => own.reduce((sum, row) => sum + row[j]!, 0) / own.length);
    });
    const kernel = model.layers.at(-1)!.getWeights()[0] as tf.Tensor2D;
    const weights = tf.tidy(() => kernel.transpose().arraySync() as number[][]);
    const expected = principalAxes({ weights, means });
    const last = of('model/class-plane').at(-1)!;
    expect(last.shape).toEqual([3, 4]);
    // Up to how it is turned: lengths and products of all points.
    const places = (values: readonly (number | null)[]) =>
      [0, 1, 2].flatMap((c) => [values.slice(4 * c, 4 * c + 2), values.slice(4 * c + 2, 4 * c + 4)] as number[][]);
    const products = (all: readonly (readonly number[])[]) =>
      all.flatMap((a) => all.map((b) => a[0]! * b[0]! + a[1]! * b[1]!));
    const got = products(places(last.values));
    products(places([0, 1, 2].flatMap((c) => [...expected.classifier[c]!, ...expected.means[c]!]))).forEach(
      (product, i) => {
        expect(got[i]).toBeCloseTo(product, 3);
      },
    );
    expect(of('model/plane-share').at(-1)!.values[0]).toBeCloseTo(expected.share!, 4);
    const declared = records.find(
      ({ kind, stream, ...rest }) =>
        kind === 'metric' && stream === 'model' && (rest as { body: { id: string } }).body.id === 'class-plane',
    );
    expect(declared).toMatchObject({ body: { axes: ['class', { name: 'place' }] } });
  });
});
