/** The fastest TensorFlow.js that loads on this machine. */
import { accelerateTraining } from 'classwatch/wasm';

export type TensorFlow = typeof import('@tensorflow/tfjs');

/** Native packages, fastest first. Neither is a dependency of this project: a machine without them trains on wasm. */
const NATIVE = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

export interface Backend {
  readonly tf: TensorFlow;
  /** One sentence for the terminal: what was chosen, and why not the others. */
  readonly choice: string;
}

/** Tries tfjs-node-gpu, then tfjs-node, then the wasm backend; one that is absent or broken is no error. */
export async function loadTensorFlow(): Promise<Backend> {
  const passedOver: string[] = [];
  for (const name of NATIVE) {
    try {
      const tf: TensorFlow = await import(name);
      await tf.ready();
      return { tf, choice: sentence(name, passedOver) };
    } catch (error) {
      passedOver.push(`${name} ${whyNot(error)}`);
    }
  }
  const tf = await import('@tensorflow/tfjs');
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  await tf.ready();
  // As it comes, the wasm backend trains no convolution, and the rest slowly.
  accelerateTraining(tf);
  return { tf, choice: sentence(`@tensorflow/tfjs with ${tf.getBackend()}, accelerated`, passedOver) };
}

function sentence(chosen: string, passedOver: readonly string[]): string {
  return `Backend: ${chosen}${passedOver.length > 0 ? ` (${passedOver.join(', ')})` : ''}.`;
}

function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND') return 'is not installed';
  const firstLine = message?.split('\n')[0] ?? '';
  return `does not load: ${firstLine.length > 80 ? `${firstLine.slice(0, 80)}...` : firstLine}`;
}
