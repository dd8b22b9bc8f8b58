/** Digits that the example draws itself, for machines where MNIST is not to be had: written strokes, bent at random. */
import type { Images } from './images.ts';
import { normal, type Random, seeded } from './random.ts';
import { type Point, type Stroke, WAYS } from './strokes.ts';

const SIDE = 28;
/** Pixels that a digit of normal size takes up, as in MNIST. */
const BODY = 19;
const POINTS_PER_PIECE = 6;

/** How much one drawing differs from the next. */
const WOBBLE = 0.045;
const SLANT = 0.28;
const TURN = 0.16;
const SHIFT = 1.6;
/** Of a pixel; full ink is 1. */
const NOISE = 0.2;

/** `perClass` drawings of each digit, 28 x 28 grey pixels, the classes in turn. The same seed draws the same digits. */
export function renderDigits(perClass: number, seed: number): Images {
  const random = seeded(seed);
  const count = perClass * WAYS.length;
  const pixels = new Uint8Array(count * SIDE * SIDE);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % WAYS.length);
  labels.forEach((digit, i) => {
    draw(digit, random, pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
  });
  return { pixels, labels, shape: [SIDE, SIDE, 1] };
}

function draw(digit: number, random: Random, pixels: Uint8Array): void {
  const ways = WAYS[digit]!;
  const strokes = ways[Math.floor(random() * ways.length)]!;
  const place = placement(random);
  const radius = 0.6 + 0.9 * random();
  const ink = new Float32Array(SIDE * SIDE);
  for (const stroke of strokes) {
    const path = trace(wobble(stroke, random)).map(place);
    for (let i = 1; i < path.length; i++) drawSegment(ink, path[i - 1]!, path[i]!, radius);
  }
  const strength = 0.75 + 0.25 * random();
  ink.forEach((value, i) => {
    pixels[i] = Math.round(255 * Math.min(1, Math.max(0, value * strength + NOISE * (random() - random()))));
  });
}

function wobble({ points, curved }: Stroke, random: Random): Stroke {
  return { curved, points: points.map(([x, y]) => [x + WOBBLE * normal(random), y + WOBBLE * normal(random)]) };
}

/** A random affine map from the unit square to pixels: size, slant, turn, shift. */
function placement(random: Random): (point: Point) => Point {
  const width = BODY * (0.65 + 0.4 * random());
  const height = BODY * (0.85 + 0.25 * random());
  const slant = SLANT * normal(random);
  const turn = TURN * normal(random);
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  const [right, down] = [SIDE / 2 + SHIFT * normal(random), SIDE / 2 + SHIFT * normal(random)];
  return ([x, y]) => {
    const v = height * (y - 0.5);
    const u = width * (x - 0.5) - slant * v;
    return [right + cos * u - sin * v, down + sin * u + cos * v];
  };
}

/** A stroke as short straight pieces; a curve goes through its points as a Catmull-Rom spline. */
function trace({ points, curved }: Stroke): readonly Point[] {
  if (!curved) return points;
  const at = (i: number) => points[Math.min(points.length - 1, Math.max(0, i))]!;
  const path: Point[] = [at(0)];
  for (let i = 0; i + 1 < points.length; i++) {
    for (let k = 1; k <= POINTS_PER_PIECE; k++) {
      path.push(onSpline(at(i - 1), at(i), at(i + 1), at(i + 2), k / POINTS_PER_PIECE));
    }
  }
  return path;
}

function onSpline(a: Point, b: Point, c: Point, d: Point, t: number): Point {
  const along = (p: number, q: number, r: number, s: number) =>
    q + (t / 2) * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * q - p - 3 * r + s)));
  return [along(a[0], b[0], c[0], d[0]), along(a[1], b[1], c[1], d[1])];
}

/** Inks every pixel near the segment, fading over one pixel at the rim. */
function drawSegment(ink: Float32Array, [ax, ay]: Point, [bx, by]: Point, radius: number): void {
  const reach = radius + 1;
  const clip = (value: number) => Math.min(SIDE - 1, Math.max(0, value));
  const [left, right] = [clip(Math.floor(Math.min(ax, bx) - reach)), clip(Math.ceil(Math.max(ax, bx) + reach))];
  const [top, bottom] = [clip(Math.floor(Math.min(ay, by) - reach)), clip(Math.ceil(Math.max(ay, by) + reach))];
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy || 1;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const t = Math.min(1, Math.max(0, ((x + 0.5 - ax) * dx + (y + 0.5 - ay) * dy) / squared));
      const distance = Math.hypot(x + 0.5 - ax - t * dx, y + 0.5 - ay - t * dy);
      const value = Math.min(1, Math.max(0, radius + 0.5 - distance));
      const i = y * SIDE + x;
      if (value > ink[i]!) ink[i] = value;
    }
  }
}
