import { beforeAll, describe, expect, test } from 'vitest';
import { withBrowser } from '../../support/browser.ts';
import { servedPage } from '../../support/served-page.ts';

const browser = withBrowser();
const served = servedPage('tests/capture/gradients/async-page.ts');

/** Relative to the largest value; a GPU in software computes its float32 in another order. */
const TOLERANCE = 1e-3;

function distance(got: readonly (number | null)[], expected: readonly (number | null)[]): number {
  expect(got.map((value) => value === null)).toEqual(expected.map((value) => value === null));
  const scale = Math.max(...expected.map((value) => Math.abs(value ?? 0)));
  return Math.max(...expected.map((value, i) => Math.abs(got[i]! - value!))) / scale;
}

describe('class gradients on webgl, whose readback is asynchronous', () => {
  let findings: Awaited<Window['asyncFindings']>;
  beforeAll(async () => {
    const page = await browser.page();
    await page.goto(served.url);
    await page.waitForFunction(() => window.asyncFindings !== undefined);
    findings = await page.evaluate(() => window.asyncFindings);
  });

  test('equal those on cpu at every measured step, step 0 among them, with all that hangs on the schedule', () => {
    const { webgl, cpu } = findings;
    expect(webgl.coverage).toBe(1);
    expect(webgl.steps.length).toBeGreaterThan(3);
    expect(webgl.recorded).toEqual(webgl.steps.map(({ step }) => step));
    for (const seen of webgl.steps) {
      const expected = cpu.steps.find(({ step }) => step === seen.step)!;
      expect([seen.present, seen.counts]).toEqual([expected.present, expected.counts]);
      expect(distance(seen.gram, expected.gram), `Gram of step ${seen.step}`).toBeLessThan(TOLERANCE);
      expect(distance(seen.squares!, expected.squares!)).toBeLessThan(TOLERANCE);
      expect(distance(seen.layerSquares, expected.layerSquares)).toBeLessThan(TOLERANCE);
    }
    const [first, reference] = [webgl.steps[0]!, cpu.steps[0]!];
    expect(first.step).toBe(0);
    expect(distance(first.alongUpdate!, reference.alongUpdate!)).toBeLessThan(TOLERANCE);
    const norms = ({ update }: typeof first) => Object.values(update!) as number[];
    expect(distance(norms(first), norms(reference))).toBeLessThan(TOLERANCE);
  });

  test('wait for the device not once, which the spy would see', () => {
    expect(findings.control.synchronous).toBe(1);
    expect(findings.webgl.reads.synchronous).toBe(0);
    expect(findings.inOneGo.reads.synchronous).toBe(0);
    expect(findings.webgl.reads.asynchronous).toBeGreaterThan(findings.unwatched.reads.asynchronous);
  });

  test('have at most 8 tensors under way beside the loss that training reads', () => {
    expect(findings.unwatched.reads.inFlight).toBe(1);
    expect(findings.webgl.reads.inFlight).toBeLessThanOrEqual(8 + 1);
  });

  test('in a loop that never yields, 8 tensors wait and the rest goes unmeasured; step 0 is whole', () => {
    const { reads, recorded, steps } = findings.inOneGo;
    expect(reads.inFlight).toBe(8);
    expect(recorded).toContain(0);
    expect(Object.values(steps[0]!.update!)).not.toContain(null);
  });

  test('leave no tensor behind once everything is read', () => {
    for (const { tensors } of [findings.webgl, findings.inOneGo]) expect(tensors[1]).toBe(tensors[0]);
  });

  test('change no bit of the weights and are silent', () => {
    expect(findings.webgl.weights).toEqual(findings.unwatched.weights);
    expect(findings.webgl.sentences).toEqual([]);
  });
});
