import { describe, expect, test } from 'vitest';
import { sectionsOf } from '../../dashboard/panels.ts';
import { classesNear, planeModel } from '../../dashboard/planes.ts';
import { RunHistory } from '../../src/history.ts';
import { RunWriter } from '../support/run.ts';

const NAMES = ['a', 'b', 'c'];
const TITLE = 'Classifier and class means';

/** Rays and points of three classes; the third has no examples. */
const PLANE = [0.5, 0.25, 0.25, 0.25, -0.5, 0, -0.25, 0, 0, -0.125, null, null];
const sized = { labels: NAMES };

function specOf({ records }: RunWriter) {
  const history = new RunHistory();
  for (const record of records) history.add(record);
  return sectionsOf(history)
    .flatMap(({ charts }) => charts)
    .find(({ title }) => title === TITLE)!;
}

const run = () =>
  new RunWriter(NAMES)
    .measure(
      'model/class-plane',
      1,
      PLANE.map((value) => value && -value),
      null,
      sized,
    )
    .measure('model/plane-share', 1, [0.25])
    .measure('model/class-plane', 8, PLANE, null, sized)
    .measure('model/plane-share', 8, [0.75]);

describe('a plane', () => {
  test('shows a ray and a point for each class at the last measurement, with the rest in words', () => {
    const model = planeModel(specOf(run()), null, NAMES)!;
    expect(model.step).toBe(8);
    expect(model.classes.map(({ label, ray, point }) => [label, ray, point])).toEqual([
      ['a', [0.5, 0.25], [0.25, 0.25]],
      ['b', [-0.5, 0], [-0.25, 0]],
      ['c', [0, -0.125], null],
    ]);
    expect(model.notes).toEqual(['Share of the squared lengths that this plane shows: 0.75']);
  });

  test('shows an earlier measurement with what was said then', () => {
    const { step, classes, notes } = planeModel(specOf(run()), 0, NAMES)!;
    expect([step, classes[0]!.ray]).toEqual([1, [-0.5, -0.25]]);
    expect(notes[0]).toMatch(/: 0\.25$/);
  });

  test('reaches over everything and the origin, in steps, so that its scale does not change with every measurement', () => {
    const near = (reach: readonly (readonly number[])[]) => reach.flat().map((end) => Number(end.toFixed(9)));
    expect(near(planeModel(specOf(run()), null, NAMES)!.reach)).toEqual([-0.5, 0.5, -0.15, 0.25]);
    const still = new RunWriter(NAMES).measure('model/class-plane', 0, Array(12).fill(0), null, sized);
    expect(planeModel(specOf(still), null, NAMES)!.reach).toEqual([
      [-0.05, 0.05],
      [-0.05, 0.05],
    ]);
  });

  test('leaves out what is not finite, and draws nothing of another shape', () => {
    const broken = PLANE.map((value, i) => (i === 1 ? NaN : value));
    const odd = new RunWriter(NAMES).measure('model/class-plane', 0, broken, null, sized);
    expect(planeModel(specOf(odd), null, NAMES)!.classes[0]).toEqual({
      element: 0,
      label: 'a',
      ray: null,
      point: [0.25, 0.25],
    });
    const other = new RunWriter(NAMES).measure('model/class-plane', 0, [1, 2, 3], null, sized);
    expect(planeModel(specOf(other), null, NAMES)).toBeNull();
  });

  test('tells which classes have something near a place, the nearest first: in a bundle all of them', () => {
    const { classes } = planeModel(specOf(run()), null, NAMES)!;
    const near = (x: number, y: number, reach: number) =>
      classesNear(classes, [x, y], reach).map(({ of, ray, point }) => [of.label, ray, point]);
    expect(near(0.5, 0.25, 0.1)).toEqual([['a', true, false]]);
    expect(near(0.4, 0.25, 0.16)).toEqual([['a', true, true]]);
    expect(near(0, -0.1, 0.3)).toEqual([
      ['c', true, false],
      ['b', false, true],
    ]);
    expect(near(0, 0.9, 0.1)).toEqual([]);
  });
});
