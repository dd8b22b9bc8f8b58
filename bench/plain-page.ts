/** The part of bench/plain.ts that runs in a browser: puts the comparison on the window. */
import * as tf from '@tensorflow/tfjs';
import { type BlockSizes, type Blocks, compareBlocks } from './blocks.js';
import { type PlainName, plainCases } from './plain-cases.js';

export interface PageResult extends Blocks {
  readonly renderer: string;
  /** Reads that waited for the device. */
  readonly synchronous: number;
}

async function comparePlain(name: PlainName, sizes: BlockSizes): Promise<PageResult> {
  await tf.setBackend('webgl');
  await tf.ready();
  let synchronous = 0;
  const { readPixels } = WebGL2RenderingContext.prototype;
  WebGL2RenderingContext.prototype.readPixels = function (this: WebGL2RenderingContext, ...given: unknown[]) {
    // With an offset in place of an array the pixels go to a buffer of the device, without waiting.
    if (ArrayBuffer.isView(given[6])) synchronous++;
    return Reflect.apply(readPixels, this, given);
  };
  const result = await compareBlocks(plainCases[name], sizes);
  WebGL2RenderingContext.prototype.readPixels = readPixels;
  return { ...result, renderer: rendererOf(), synchronous };
}

function rendererOf(): string {
  const gl = document.createElement('canvas').getContext('webgl2')!;
  return String(gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
}

declare global {
  interface Window {
    comparePlain: typeof comparePlain;
  }
}
window.comparePlain = comparePlain;
