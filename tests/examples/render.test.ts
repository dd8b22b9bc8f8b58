import { expect, test } from 'vitest';
import { renderDigits } from '../../examples/data/render.ts';

test('the same seed draws the same digits, another seed others', () => {
  expect(renderDigits(2, 1)).toEqual(renderDigits(2, 1));
  expect(renderDigits(2, 1).pixels).not.toEqual(renderDigits(2, 2).pixels);
});

test('there are as many drawings of each digit, of 28 x 28 pixels', () => {
  const { labels, pixels, shape } = renderDigits(3, 1);
  expect(shape).toEqual([28, 28, 1]);
  expect(pixels.length).toBe(30 * 784);
  for (let digit = 0; digit < 10; digit++) expect(labels.filter((label) => label === digit)).toHaveLength(3);
});

test('a digit is written in light ink on a dark ground and fits into the picture', () => {
  const { pixels } = renderDigits(20, 1);
  const bright = (values: Uint8Array) => values.filter((value) => value > 128).length / values.length;
  expect(bright(pixels)).toBeGreaterThan(0.04);
  expect(bright(pixels)).toBeLessThan(0.3);
  const rim = pixels.filter((_, i) => [0, 27].includes(i % 28));
  expect(bright(rim)).toBeLessThan(0.01);
});

/** Share of drawings whose nearest mean drawing (of another seed) is that of their own digit. */
function nearestMean(): number {
  const known = renderDigits(100, 1);
  const means = Array.from({ length: 10 }, () => new Float64Array(784));
  known.labels.forEach((label, i) => {
    for (let k = 0; k < 784; k++) means[label]![k]! += known.pixels[i * 784 + k]! / 100;
  });
  const asked = renderDigits(50, 2);
  let hits = 0;
  asked.labels.forEach((label, i) => {
    const distances = means.map((mean) => mean.reduce((sum, m, k) => sum + (m - asked.pixels[i * 784 + k]!) ** 2, 0));
    if (distances.indexOf(Math.min(...distances)) === label) hits++;
  });
  return hits / asked.labels.length;
}

test('the digits can be told apart, but not by their mean pictures alone', () => {
  const share = nearestMean();
  expect(share).toBeGreaterThan(0.4);
  expect(share).toBeLessThan(0.9);
});
