import { expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { VERSION } from '../../src/version.ts';
import { tf } from './backends.ts';

async function doctor(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { code: -1, out: '', err: '' };
  said.code = await main(['doctor', ...args], {
    env: {},
    out: async (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    stopped: async () => {},
  });
  return said;
}

test('doctor tells versions, backend, and where each kernel comes from', async () => {
  const { code, out, err } = await doctor();
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toContain(`classwatch ${VERSION}, Node ${process.version}, TensorFlow.js 4.22.0\n`);
  expect(out).toContain('backend wasm, SIMD, one thread\n');
  expect(out).toMatch(/^Conv2DBackpropFilter +supplied +supplied$/m);
  expect(out).toMatch(/^MaxPoolGrad +mended +mended$/m);
  expect(out).toMatch(/^BatchMatMul +native +accelerated$/m);
  expect(out).toMatch(/^TrainingBatchNorm +missing +accelerated$/m);
});

test('doctor --json gives the same to a script, and leaves nothing changed', async () => {
  const { code, out } = await doctor('--json');
  expect(code).toBe(0);
  const findings = JSON.parse(out);
  expect(findings).toMatchObject({ classwatch: VERSION, tfjs: '4.22.0', backend: 'wasm', simd: true, troubles: [] });
  expect(findings.kernels.Einsum).toEqual(['composed', 'composed']);
  expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeUndefined();
});
