import { expect, test } from 'vitest';
import { registerTrainingKernels } from '../../../src/wasm/index.ts';
import { expectRight, type RawNet, values, weight } from '../../support/raw-loop.ts';
import { tf, wasm } from '../../support/tensorflow.ts';

const [EXAMPLES, WORDS, TOKENS, WIDTH, CLASSES] = [9, 4, 12, 5, 3];

/** A table of vectors, the mean of those of an example's words, and a layer on it. */
function net(): RawNet {
  const weights = [weight('table', [TOKENS, WIDTH], 1), weight('kernel', [WIDTH, CLASSES], 2)];
  const ids = tf.tensor2d(
    Array.from({ length: EXAMPLES * WORDS }, (_, i) => (i * 7) % TOKENS),
    [EXAMPLES, WORDS],
    'int32',
  );
  const scale = values([EXAMPLES, WORDS, 1], 3);
  const logits = () =>
    tf.matMul(tf.sum(tf.mul(tf.gather(weights[0]!, ids), scale), 1), weights[1] as never) as tf.Tensor2D;
  return { weights, labels: Array.from({ length: EXAMPLES }, (_, i) => i % CLASSES), classes: CLASSES, logits };
}

test.each(['wasm', 'cpu'] as const)('an embedding knows the norms of single examples, on %s', async (backend) => {
  if (backend === 'wasm') await wasm();
  else await tf.setBackend('cpu');
  const kernels = backend === 'wasm' ? registerTrainingKernels(tf) : null;
  const one = net();
  const { coverage, steps } = await expectRight(one, { numSteps: 3 });
  expect(coverage).toBe(1);
  // At step 0 the class gradients are kept, to be compared with the update.
  for (const { gradients } of steps.slice(1)) expect(gradients.squares).not.toBeNull();
  kernels?.restore();
  tf.dispose([...one.weights]);
});
