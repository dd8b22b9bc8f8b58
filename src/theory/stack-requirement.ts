import { ACTIVATIONS, isActivationName } from './activations.ts';
import { requireNonNegative, requirePositive, told } from './requirement.ts';
import type { Layer, Stack } from './stack.ts';

type Check = (name: string, layer: never) => void;

const CHECKS: { readonly [K in Layer['kind']]: Check } = {
  dense: weights,
  conv: weights,
  activation: named,
  batchNorm: () => {},
  layerNorm: () => {},
  maxPool: pooled,
  avgPool: pooled,
  globalAvgPool: pooled,
  dropout(name: string, { rate }: { rate: unknown }) {
    if (typeof rate === 'number' && rate >= 0 && rate < 1) return;
    throw new RangeError(`${name}.rate is ${told(rate)}: expected a number from 0 and below 1.`);
  },
  flatten: () => {},
  residual(name: string, { branch, shortcut }: { branch: Stack; shortcut?: Stack }) {
    requireStack(`${name}.branch`, branch);
    if (shortcut !== undefined) requireStack(`${name}.shortcut`, shortcut);
  },
};

/** Layers such as `parseStack` and `describeStack` give, written by hand. Throws a RangeError that names the field. */
export function requireStack(name: string, stack: unknown): void {
  if (!Array.isArray(stack)) {
    throw new RangeError(
      `${name} is ${told(stack)}: expected a list of layers, or a text for the whole such as "dense:256:relu".`,
    );
  }
  stack.forEach((layer: { kind?: unknown } | null | undefined, i) => {
    const kind = layer?.kind;
    const check = typeof kind === 'string' && Object.hasOwn(CHECKS, kind) ? CHECKS[kind as Layer['kind']] : undefined;
    if (check === undefined) {
      const what =
        layer === null || typeof layer !== 'object'
          ? `${name}[${i}] is ${told(layer)}`
          : `${name}[${i}].kind is ${told(kind)}`;
      throw new RangeError(`${what}: expected a layer of the kind ${Object.keys(CHECKS).join(', ')}.`);
    }
    check(`${name}[${i}]`, layer as never);
  });
}

function weights(name: string, layer: { activation: unknown; sw2: number; sb2: number }): void {
  named(name, layer);
  requireNonNegative(`${name}.sw2, fan_in times the variance of a weight,`, layer.sw2);
  requireNonNegative(`${name}.sb2, the variance of a bias,`, layer.sb2);
}

function named(name: string, { activation }: { activation: unknown }): void {
  if (typeof activation === 'string' && isActivationName(activation)) return;
  throw new RangeError(`${name}.activation is ${told(activation)}: expected ${Object.keys(ACTIVATIONS).join(', ')}.`);
}

function pooled(name: string, { size }: { size: number }): void {
  requirePositive(`${name}.size, the number of pooled units,`, size);
}
