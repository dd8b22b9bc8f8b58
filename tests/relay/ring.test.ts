import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFrames, shareRing, writeFrame } from '../../src/relay/ring.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

test('frames come out as they went in, in order, whatever their sizes and however full the ring', () => {
  const operation = fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.constant('read' as const));
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const ring = shareRing(64);
      const expected: number[][] = [];
      const got: number[][] = [];
      const read = () => {
        for (const frame of readFrames(ring)) got.push([...frame]);
      };
      for (const frame of operations) {
        if (frame === 'read') read();
        else if (writeFrame(ring, frame)) expected.push([...frame]);
      }
      read();
      expect(got).toEqual(expected);
    }),
  );
});

test('a frame without room is refused and leaves the ring as it was', () => {
  const ring = shareRing(32);
  expect(writeFrame(ring, bytes(1, 2, 3, 4))).toBe(true);
  expect(writeFrame(ring, new Uint8Array(24))).toBe(false);
  expect([...readFrames(ring)].map((frame) => [...frame])).toEqual([[1, 2, 3, 4]]);
  expect(writeFrame(ring, new Uint8Array(24))).toBe(true);
});

test('the counters may run over 2^32', () => {
  const ring = shareRing(64);
  ring.state.fill(-8, 0, 2);
  for (let i = 0; i < 10; i++) {
    expect(writeFrame(ring, bytes(i, i + 1, i + 2))).toBe(true);
    expect([...readFrames(ring)]).toEqual([bytes(i, i + 1, i + 2)]);
  }
});

test('another thread reads every frame while this one writes without pause', async () => {
  const ring = shareRing(1024);
  const reader = `
    const { parentPort, workerData: { ring, file } } = require('node:worker_threads');
    import(file).then(({ readFrames }) => {
      const seen = [];
      const timer = setInterval(() => {
        for (const frame of readFrames(ring)) seen.push(frame[0] + 256 * frame[1]);
        if (seen.length === 5000) { clearInterval(timer); parentPort.postMessage(seen); }
      }, 1);
    });`;
  const file = new URL('../../dist/relay/ring.js', import.meta.url).href;
  const worker = new Worker(reader, { eval: true, workerData: { ring, file } });
  const seen = new Promise<number[]>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  for (let i = 0; i < 5000; i++) {
    while (!writeFrame(ring, bytes(i & 255, i >> 8))) Atomics.wait(ring.state, 3, 0, 1);
  }
  expect(await seen).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  await worker.terminate();
});
