import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { nativeOf } from '../../../src/wasm/access.ts';
import { accelerateTraining } from '../../../src/wasm/index.ts';
import type { Simd } from '../../../src/wasm/simd-module.ts';
import { expectRight, type RawNet, values, weight } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

/** The images of one layer are more than a cache holds. */
const [EXAMPLES, SIDE, CHANNELS, CLASSES] = [24, 14, 64, 5];

let classSums: ReturnType<typeof vi.fn>;
beforeAll(async () => {
  await wasm();
  const kernels = accelerateTraining(tf);
  const native = nativeOf(tf)! as { simd: Simd };
  const { simd } = native;
  classSums = vi.fn(simd.classSums!);
  native.simd = { ...simd, classSums } as Simd;
  return () => {
    native.simd = simd;
    kernels.restore();
  };
});
beforeEach(() => void classSums.mockClear());

type Kind = 'conv2d' | 'depthwise';
type Activation = 'relu' | 'linear';

/** Kernel, bias, and what makes few values of it; the images of the first layer are large, those of the second small. */
function net(kind: Kind, activation: Activation): RawNet {
  const x = values([EXAMPLES, SIDE, SIDE, kind === 'conv2d' ? 3 : CHANNELS], 99) as tf.Tensor4D;
  const filter = kind === 'conv2d' ? [3, 3, 3, CHANNELS] : [3, 3, CHANNELS, 1];
  const weights = [
    weight('filter', filter, 1),
    weight('bias', [CHANNELS], 2),
    weight('second', [3, 3, CHANNELS, 2], 3),
    weight('second bias', [2], 4),
    weight('head', [98, CLASSES], 5),
  ];
  const convolved = () => {
    const given = {
      x,
      filter: weights[0] as never,
      strides: 1,
      pad: 'same',
      bias: weights[1] as never,
      activation,
    } as const;
    return kind === 'conv2d' ? tf.fused.conv2d(given) : tf.fused.depthwiseConv2d(given);
  };
  const logits = () => {
    const hidden = tf.mul(convolved(), 0.05) as tf.Tensor4D;
    const [second, bias] = [weights[2] as never, weights[3] as never];
    const small = tf.fused.conv2d({ x: hidden, filter: second, strides: 2, pad: 'same', bias, activation });
    return tf.matMul(tf.reshape(small, [EXAMPLES, 98]), weights[4] as never) as tf.Tensor2D;
  };
  return { weights, labels: Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES), classes: CLASSES, logits };
}

/** How often a bias was added up from memory, and how many images were added up on their way. */
const counted = () => {
  const examples = classSums.mock.calls.map(([, count]) => count as number);
  return { whole: examples.filter((n) => n > 1).length, images: examples.filter((n) => n === 1).length };
};

const STEPS = 3;
/** At step 0 the class gradients are kept, to be compared with the update. */
const UNKEPT = STEPS - 1;

test.each(['conv2d', 'depthwise'] as const)(
  'the bias of a %s of many values is added up as its filter gradient goes through the images',
  async (kind) => {
    const one = net(kind, 'relu');
    const { coverage } = await expectRight(one, { numSteps: STEPS });
    expect(coverage).toBe(1);
    expect(counted()).toEqual({ whole: 2 * STEPS - UNKEPT, images: UNKEPT * EXAMPLES });
    tf.dispose([...one.weights]);
  },
);

test('the bias of a linear one, which comes after its filter, is added up by itself', async () => {
  const one = net('conv2d', 'linear');
  await expectRight(one, { numSteps: STEPS });
  expect(counted()).toEqual({ whole: 2 * STEPS, images: 0 });
  tf.dispose([...one.weights]);
});

test('so is that of a filter that is not trained', async () => {
  const one = net('conv2d', 'relu');
  const trained = one.weights.slice(1);
  const { coverage } = await expectRight({ ...one, weights: trained }, { numSteps: STEPS }, trained);
  expect(coverage).toBe(1);
  expect(counted()).toEqual({ whole: 2 * STEPS, images: 0 });
  tf.dispose([...one.weights]);
});
