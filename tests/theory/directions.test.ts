import { describe, expect, test } from 'vitest';
import { directionsOf } from '../../src/theory/directions.ts';
import { parseStack } from '../../src/theory/stack.ts';
import { gammaOfWidth, widthGamma } from '../../src/theory/width-gamma.ts';
import { generator } from '../support/generator.ts';

const random = generator(7);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const normals = (count: number) => Float64Array.from({ length: count }, normal);

interface Units {
  readonly values: Float64Array;
  readonly width: number;
}

/** Inputs times new weights of variance sw2 / inputs, N x width. */
function dense({ values, width }: Units, units: number, sw2: number): Units {
  const weights = normals(width * units).map((w) => w * Math.sqrt(sw2 / width));
  const count = values.length / width;
  const out = new Float64Array(count * units);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < width; k++) {
      const value = values[i * width + k]!;
      for (let j = 0; j < units; j++) out[i * units + j]! += value * weights[k * units + j]!;
    }
  }
  return { values: out, width: units };
}

const each = ({ values, width }: Units, f: (x: number) => number): Units => ({ values: values.map(f), width });

/** Each row less its mean, at variance 1. */
function layerNorm({ values, width }: Units): Units {
  const out = Float64Array.from(values);
  for (let at = 0; at < out.length; at += width) {
    const row = out.subarray(at, at + width);
    const mean = row.reduce((sum, x) => sum + x / width, 0);
    const deviation = Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2 / width, 0));
    row.forEach((x, j) => {
      row[j] = (x - mean) / deviation;
    });
  }
  return { values: out, width };
}

/** 1 / n by the definition, of pairs of different examples: what they have in common beyond the mean, squared. */
function inverseOf({ values, width }: Units): number {
  const count = values.length / width;
  const centred = Float64Array.from(values);
  for (let j = 0; j < width; j++) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += centred[i * width + j]! / count;
    for (let i = 0; i < count; i++) centred[i * width + j]! -= mean;
  }
  const product = (a: number, b: number) => {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += centred[a * width + j]! * centred[b * width + j]!;
    return sum;
  };
  let [own, others] = [0, 0];
  for (let a = 0; a < count; a++) {
    own += product(a, a) / count;
    for (let b = 0; b < a; b++) others += product(a, b) ** 2 / ((count * (count - 1)) / 2);
  }
  return others / own ** 2;
}

/** n of what networks of 80 units make of 60 normal inputs of 40 features. */
function drawn(layers: (units: Units) => Units, offset = 0): number {
  let inverse = 0;
  const networks = 12;
  for (let k = 0; k < networks; k++) {
    const inputs = { values: normals(60 * 40).map((x) => x + offset), width: 40 };
    inverse += inverseOf(layers(inputs)) / networks;
  }
  return 1 / inverse;
}

const relu = (x: number) => Math.max(0, x);
const told = (stack: string, c = 0) => directionsOf(parseStack(`${stack},dense:10`), { q: 1 + c, c, directions: 40 });

describe('directions of the last hidden units', () => {
  test('of linear layers add up their inverses', () => {
    expect(told('dense:80:linear:1')).toBeCloseTo(1 / (1 / 40 + 1 / 80), 9);
    expect(told('dense:80:linear:1,dense:80:linear:1')).toBeCloseTo(1 / (1 / 40 + 2 / 80), 9);
    expect(directionsOf(parseStack('dense:10'), { q: 1, c: 0, directions: 40 })).toBeCloseTo(40, 9);
  });

  test.each<[string, (units: Units) => Units]>([
    [
      'dense:80:tanh:1,dense:80:tanh:1,dense:80:tanh:1',
      (x) => [1, 2, 3].reduce((at) => each(dense(at, 80, 1), Math.tanh), x),
    ],
    ['dense:80:tanh:4', (x) => each(dense(x, 80, 4), Math.tanh)],
    [
      'dense:80:relu:2,layerNorm,dense:80:relu:2,layerNorm',
      (x) => [1, 2].reduce((at) => layerNorm(each(dense(at, 80, 2), relu)), x),
    ],
    ['dense:80:linear:2,layerNorm,relu', (x) => each(layerNorm(dense(x, 80, 2)), relu)],
    ['dense:80:relu:2,dense:80:relu:2', (x) => [1, 2].reduce((at) => each(dense(at, 80, 2), relu), x)],
  ])('%s: as networks that are drawn have it, to first order', (stack, layers) => {
    expect(told(stack)! / drawn(layers)).toBeGreaterThan(0.85);
    expect(told(stack)! / drawn(layers)).toBeLessThan(1.15);
  });

  test('of inputs that are not centred, too', () => {
    const n = directionsOf(parseStack('dense:80:relu:2,dense:10'), { q: 2, c: 0.5, directions: 40 })!;
    const measured = drawn((x) => each(dense(x, 80, 2), relu), 1);
    expect(n / measured).toBeGreaterThan(0.88);
    expect(n / measured).toBeLessThan(1.12);
  });

  test('batch normalization and dropout do nothing yet', () => {
    expect(told('dense:80:linear:2,batchNorm,relu,dropout:0.5')).toBeCloseTo(told('dense:80:relu:2')!, 12);
  });

  test.each(['maxPool:4', 'residual(dense:80:relu:2)', 'relu', 'conv:8:relu'])('nothing is said behind %s', (layer) => {
    expect(told(`dense:80:relu:2,${layer}`)).toBeNull();
  });
});

test('the gamma that width adds is that of nodes whose variances differ by 2 / n', () => {
  expect(gammaOfWidth(100, 10)).toBeCloseTo(0.00774, 5);
  expect(gammaOfWidth(100, 2)).toBe(0);
  // Ten nodes whose relative variance is 2 / 50.
  const spread = Math.sqrt((2 / 50) * (9 / 10));
  const variances = Array.from({ length: 10 }, (_, i) => 1 + (i % 2 === 0 ? spread : -spread));
  expect(widthGamma([variances], 1e12) / gammaOfWidth(50, 10)).toBeCloseTo(1, 6);
});
