import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gammaOfActivation } from '../../src/theory/activation-gamma.ts';
import { ACTIVATIONS, activation } from '../../src/theory/activations.ts';
import { meanField } from '../../src/theory/mean-field.ts';
import { parseStack } from '../../src/theory/stack.ts';
import { generator } from '../support/generator.ts';
import { expectRelative, normals } from './draws.ts';

interface Row {
  L: number;
  q: number;
  c: number;
  gamma: number;
}
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'));
const reference = read('igb-meanfield') as {
  recursion: { activation: string; sw2: number; sb2: number; q0: number; c0: number; layers: Row[] }[];
  norm: { activation: string; norm: string; sw2: number; q0: number; c0: number; gamma_by_L: number[] }[];
  pool_stack: {
    activation: string;
    pool: string;
    kernel_elements: number;
    sw2: number;
    q0: number;
    c0: number;
    layers: Row[];
  }[];
};
const depth = read('igb-depth') as { rows: { L: number; gamma: number; c: number }[] };
const single = read('igb-single-layer') as {
  avgpool: { kernel_elements: number; relu_gamma: number; tanh_gamma: number }[];
};

const last = (stack: string, input: { q: number; c: number; training?: boolean }) => meanField(stack, input).at(-1)!;
/** The hidden part L times, then the output layer. */
const stacked = (hidden: string, L: number, output: string) => [...Array<string>(L).fill(hidden), output].join(',');

describe('reference values', () => {
  test.each(reference.recursion.flatMap(({ layers, ...row }) => layers.map((layer) => ({ ...row, ...layer }))))(
    'recursion: $activation, $L hidden layers',
    ({ activation: name, sw2, sb2, q0, c0, L, q, c, gamma }) => {
      const output = last(stacked(`dense:64:${name}:${sw2}:${sb2}`, L, `dense:10:linear:${sw2}:${sb2}`), {
        q: q0,
        c: c0,
      });
      expectRelative(output.q, q);
      expectRelative(output.c, c);
      expectRelative(output.gamma, gamma);
    },
  );

  test.each(depth.rows)('ReLU, $L hidden layers, centred input', ({ L, gamma, c }) => {
    const output = last(stacked('dense:64:relu:he', L, 'dense:10'), { q: 1, c: 0 });
    expectRelative(output.gamma, gamma);
    expectRelative(output.c, c);
  });

  const hidden: Record<string, (name: string, sw2: number) => string> = {
    none: (name, sw2) => `dense:64:${name}:${sw2}`,
    bn_pre: (name, sw2) => `dense:64:linear:${sw2},batchNorm,${name}`,
    bn_post: (name, sw2) => `dense:64:${name}:${sw2},batchNorm`,
    ln_pre: (name, sw2) => `dense:64:linear:${sw2},layerNorm,${name}`,
    ln_post: (name, sw2) => `dense:64:${name}:${sw2},layerNorm`,
  };
  test.each(reference.norm)('norm: $norm', ({ activation: name, norm, sw2, q0, c0, gamma_by_L }) => {
    gamma_by_L.forEach((gamma, i) => {
      const stack = stacked(hidden[norm]!(name, sw2), i + 1, `dense:10:linear:${sw2}`);
      expectRelative(last(stack, { q: q0, c: c0 }).gamma, gamma);
    });
  });

  test.each(reference.pool_stack.flatMap(({ layers, ...row }) => layers.map((layer) => ({ ...row, ...layer }))))(
    '$pool-pooling over $kernel_elements, $L hidden layers',
    ({ activation: name, pool, kernel_elements, sw2, q0, c0, L, q, c, gamma }) => {
      const stack = stacked(`dense:64:${name}:${sw2},${pool}Pool:${kernel_elements}`, L, `dense:10:linear:${sw2}`);
      const output = last(stack, { q: q0, c: c0 });
      expectRelative(output.q, q);
      expectRelative(output.c, c);
      expectRelative(output.gamma, gamma);
    },
  );

  test.each(single.avgpool)('average-pooling over $kernel_elements after one layer', (row) => {
    const gamma = (name: string) => last(`dense:64:${name}:he,avgPool:${row.kernel_elements}`, { q: 1, c: 0 }).gamma;
    expectRelative(gamma('relu'), row.relu_gamma);
    expect(gamma('tanh')).toBeLessThan(1e-12);
  });
});

describe('one layer and centred input is gammaOfActivation', () => {
  test.each(Object.keys(ACTIVATIONS))('%s, with and without max-pooling', (name) => {
    for (const q of [0.5, 3]) {
      if (gammaOfActivation(name, { q }) < 1e-20) continue;
      expectRelative(last(`dense:9:${name}:${q}`, { q: 1, c: 0 }).gamma, gammaOfActivation(name, { q }), 1e-9);
      if (['gelu', 'swish', 'mish'].includes(name)) continue;
      const pooled = last(`dense:9:${name}:${q},maxPool:4`, { q: 1, c: 0 }).gamma;
      expectRelative(pooled, gammaOfActivation(name, { q, maxPool: 4 }), 1e-9);
    }
  });
});

/** Mean and moments of one unit over draws of (z, z'), pooled over k. */
function simulated(name: string, q: number, c: number, k: number): { q: number; c: number; error: number } {
  const random = normals(generator(3));
  const { value } = activation(name);
  let [square, product, spread] = [0, 0, 0];
  const draws = 60_000;
  for (let d = 0; d < draws; d++) {
    let [one, two] = [-Infinity, -Infinity];
    for (let i = 0; i < k; i++) {
      const common = Math.sqrt(c) * random();
      one = Math.max(one, value(Math.sqrt(q) * (common + Math.sqrt(1 - c) * random())));
      two = Math.max(two, value(Math.sqrt(q) * (common + Math.sqrt(1 - c) * random())));
    }
    square += (one * one + two * two) / 2 / draws;
    product += (one * two) / draws;
    spread += (one * two) ** 2 / draws;
  }
  return { q: square, c: product / square, error: Math.sqrt(spread) / square / Math.sqrt(draws) };
}

test.each(['relu', 'relu6', 'selu', 'tanh', 'softplus', 'mish', 'linear'])(
  '%s: draws of pairs say the same',
  (name) => {
    for (const [q, c, k] of [
      [2, 0.3, 1],
      [1.5, 0.97, 1],
      [2, 0.3, 3],
      [1.5, 0.97, 4],
    ] as const) {
      if (name === 'mish' && k > 1) continue;
      const state = last(`dense:9:${name}:${q}${k > 1 ? `,maxPool:${k}` : ''}`, { q: 1, c });
      const drawn = simulated(name, q, c, k);
      expect(Math.abs(state.c - drawn.c)).toBeLessThan(4 * drawn.error);
      expect(Math.abs(state.q / drawn.q - 1)).toBeLessThan(0.03);
    }
  },
);

/** gamma and q of the outputs of random networks: ReLU, then a residual branch that ends in ReLU, all of `width`. */
function residualNetwork(width: number, inputs: number, seed: number): { q: number; c: number } {
  const random = normals(generator(seed));
  const layer = (xs: number[][]) => {
    const out = xs.map(() => new Array<number>(width));
    for (let u = 0; u < width; u++) {
      const row = Array.from({ length: width }, () => random() * Math.sqrt(2 / width));
      xs.forEach((x, i) => {
        out[i]![u] = Math.max(
          0,
          x.reduce((sum, value, j) => sum + value * row[j]!, 0),
        );
      });
    }
    return out;
  };
  const xs = Array.from({ length: inputs }, () => Array.from({ length: width }, random));
  const stream = layer(xs);
  const sum = layer(stream).map((y, i) => y.map((value, u) => value + stream[i]![u]!));
  let [square, product] = [0, 0];
  for (let i = 0; i < inputs; i++) {
    for (let u = 0; u < width; u++) {
      square += sum[i]![u]! ** 2 / (width * inputs);
      product += (sum[i]![u]! * sum[(i + 1) % inputs]![u]!) / (width * inputs);
    }
  }
  return { q: square, c: product / square };
}

describe('residual branches', () => {
  test('a shortcut with weights: q and X of both add', () => {
    const sum = last('residual(dense:8:linear:0.5:0.25|dense:8:linear:3)', { q: 2, c: 0.5 });
    expectRelative(sum.q, 2 * 0.5 + 0.25 + 2 * 3);
    expectRelative(sum.c * sum.q, 0.5 + 0.25 + 3);
  });

  test('an empty shortcut is the stream itself, and the two sides may be exchanged', () => {
    const input = { q: 1, c: 0.2 };
    const [branch, shortcut] = [parseStack('dense:8:relu:he'), parseStack('dense:8:tanh:1:0.1')];
    expect(meanField([{ kind: 'residual', branch, shortcut: [] }], input)).toEqual(
      meanField([{ kind: 'residual', branch }], input),
    );
    const [one] = meanField([{ kind: 'residual', branch, shortcut }], input);
    const [other] = meanField([{ kind: 'residual', branch: shortcut, shortcut: branch }], input);
    expectRelative(one!.gamma, other!.gamma);
  });

  test('a branch that ends in a linear layer adds its moments', () => {
    const [stream, sum] = meanField('dense:8:relu:he,residual(dense:8:relu:he,dense:8:linear:0.5)', { q: 1, c: 0.2 });
    const branch = last('dense:8:relu:he,dense:8:relu:he,dense:8:linear:0.5', { q: 1, c: 0.2 });
    expectRelative(sum!.q, stream!.q + branch.q, 1e-12);
    expectRelative(sum!.c * sum!.q, stream!.c * stream!.q + branch.c * branch.q, 1e-12);
  });
  test('two means that are not 0 add too: random networks agree', () => {
    const exact = last('dense:400:relu:he,residual(dense:400:relu:he)', { q: 1, c: 0 });
    const drawn = residualNetwork(400, 24, 7);
    expect(Math.abs(drawn.q / exact.q - 1)).toBeLessThan(0.05);
    expect(Math.abs(drawn.c - exact.c)).toBeLessThan(0.02);
  });
});

describe('what a layer does', () => {
  const input = { q: 1.3, c: 0.4 };
  test('a parsed stack, layers that do nothing, one row per layer', () => {
    const text = 'dense:8:relu:he,flatten:8,residual(flatten),maxPool:1,avgPool:1,dense:4';
    const states = meanField(parseStack(text), input);
    expect(states).toEqual(meanField(text, input));
    expect(states.length).toBe(6);
    expectRelative(states[4]!.q, states[2]!.q, 1e-9);
    expectRelative(states[4]!.c, states[2]!.c, 1e-9);
  });
  test('chi: weights times mean squared slope, known at activations; 1 for ReLU with He', () => {
    const [dense, relu, norm, tanh, pool] = meanField('dense:8:linear:2,relu,layerNorm,tanh,maxPool:2', input);
    expect([dense!.chi, norm!.chi, pool!.chi]).toEqual([2, null, null]);
    expectRelative(relu!.chi!, 1, 1e-12);
    expect(tanh!.chi!).toBeGreaterThan(0);
    expectRelative(last('dense:8:relu:he', input).chi!, 1, 1e-12);
    // Critical by its derivative: for small inputs tanh is the line.
    expectRelative(last('dense:8:tanh:1', { q: 1e-8, c: 0 }).chi!, 1, 1e-6);
    expect(last('dense:8:tanh:4', { q: 1, c: 0 }).chi!).toBeGreaterThan(1);
  });
  test('chi is what a small difference is multiplied by', () => {
    // d c'/d c at c = 1, at the variance that stays: (1 - c') / (1 - c).
    for (const name of ['gelu', 'tanh', 'selu', 'softplus']) {
      const c = 1 - 1e-6;
      const state = last(`dense:8:${name}:1.7`, { q: 1, c });
      expectRelative(state.chi!, ((1 - state.c) * state.q) / (1 - c), 1e-4);
    }
  });
  test('dropout counts while training; batch normalization does nothing before training where moving statistics are used', () => {
    const dropped = last('dense:8:tanh:he,dropout:0.5', input);
    const kept = last('dense:8:tanh:he,dropout:0.5', { ...input, training: false });
    expectRelative(dropped.q, 2 * kept.q, 1e-12);
    expectRelative(dropped.c * dropped.q, kept.c * kept.q, 1e-12);
    expect(last('dense:8:linear:he,batchNorm', input)).toMatchObject({ q: 1, c: 0, gamma: 0 });
    expect(last('dense:8:linear:he,batchNorm', { ...input, training: false })).toMatchObject({ q: 2.6 });
  });
  test('inputs that are all the same: gamma is infinite, and batch normalization leaves nothing', () => {
    expect(last('dense:8:relu:he', { q: 1, c: 1 }).gamma).toBe(Infinity);
    expect(last('dense:8:linear:he,batchNorm,relu', { q: 1, c: 1 })).toMatchObject({ q: 0, c: 0, gamma: 0 });
  });
  test('c stays in [0, 1], gamma is c / (1 - c)', () => {
    const name = fc.constantFrom(...Object.keys(ACTIVATIONS));
    const layer = fc.oneof(
      name.map((each) => `dense:8:${each}:1.5:0.1`),
      name,
      fc.constantFrom('batchNorm', 'layerNorm', 'maxPool:2', 'avgPool:3', 'dropout:0.2', 'residual(dense:8:tanh:2)'),
    );
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 4 }), unit, (layers, c) => {
        for (const state of meanField(layers.join(','), { q: 1, c })) {
          expect(state.q).toBeGreaterThanOrEqual(0);
          expect(state.c).toBeGreaterThanOrEqual(0);
          expect(state.c).toBeLessThanOrEqual(1);
          if (state.c < 0.999) expectRelative(state.gamma, state.c / (1 - state.c), 1e-9);
        }
      }),
      { numRuns: 40 },
    );
  });
});

test('wrong input is told in a sentence', () => {
  expect(() => meanField('relu', { q: 0, c: 0 })).toThrow(
    new RangeError('q, the mean square of an input, is 0: expected a finite number above 0.'),
  );
  expect(() => meanField('relu', { q: 1, c: 1.5 })).toThrow(
    new RangeError('c, the correlation of two inputs, is 1.5: expected a number from 0 to 1.'),
  );
  expect(() => meanField('rleu', { q: 1, c: 0 })).toThrow('did you mean "relu"?');
  expect(() => meanField([], { q: 1, c: 0 })).toThrow(
    new RangeError('Expected a stack of at least one layer, got none.'),
  );
});
