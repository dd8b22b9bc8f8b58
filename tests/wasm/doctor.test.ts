import { expect, test } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { classwatch } from '../support/command-line.ts';
import { tf } from './backends.ts';

const doctor = (...args: string[]) => classwatch(['doctor', ...args]);

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
