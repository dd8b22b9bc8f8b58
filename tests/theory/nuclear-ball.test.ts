import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupsOf, inner } from '../../src/theory/class-groups.ts';
import { NuclearBall } from '../../src/theory/nuclear-ball.ts';
import { orthogonalize } from '../../src/theory/singular-values.ts';

const groups = groupsOf([9, 9, 9, 5, 2, 2]);
const m = groups.sizes.length;
/** As `project` leaves it: of a group with one class there is no d. */
const point = fc
  .array(
    fc.integer({ min: -500, max: 500 }).map((value) => value / 100),
    { minLength: m + m * m, maxLength: m + m * m },
  )
  .map((values) => Float64Array.from(values, (value, i) => (i < m && groups.sizes[i] === 1 ? 0 : value)));

function nuclearNorm(x: Float64Array): number {
  const own = groups.sizes.reduce((sum, size, g) => sum + (size - 1) * Math.abs(x[g]!), 0);
  return own + orthogonalize(x.slice(m), null, m).reduce((a, b) => a + b, 0);
}

const minus = (x: Float64Array, y: Float64Array) => x.map((value, i) => value - y[i]!);

test('a projection lies in the ball, and every other point of the ball lies behind it', () => {
  fc.assert(
    fc.property(point, point, fc.double({ min: 0.1, max: 20, noNaN: true }), (x, other, radius) => {
      const ball = new NuclearBall(groups, radius);
      const near = ball.project(x);
      expect(nuclearNorm(near.point)).toBeLessThanOrEqual(radius * (1 + 1e-12));
      if (nuclearNorm(x) <= radius)
        expect(inner(groups, minus(near.point, x), minus(near.point, x))).toBeLessThan(1e-20);
      // The obtuse angle at a projection is what makes it the nearest point.
      const inside = ball.project(other).point;
      expect(inner(groups, minus(x, near.point), minus(inside, near.point))).toBeLessThan(1e-9);
      const lengths = [...orthogonalize(near.point.slice(m), null, m)];
      expect(lengths.filter((length) => length > 1e-12)).toHaveLength(near.rank);
    }),
  );
});

test('its support is what a linear function reaches on it', () => {
  fc.assert(
    fc.property(point, point, (gradient, x) => {
      const ball = new NuclearBall(groups, 3);
      expect(-inner(groups, gradient, ball.project(x).point)).toBeLessThanOrEqual(ball.support(gradient) + 1e-9);
      // Far out along it, the projection touches the ball where the function is largest.
      const far = ball.project(gradient.map((value) => -value * 1e6)).point;
      expect(-inner(groups, gradient, far)).toBeGreaterThanOrEqual(ball.support(gradient) - 1e-4);
    }),
  );
});
