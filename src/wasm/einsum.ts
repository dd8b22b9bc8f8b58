import type { GradientConfig, Info, KernelFunction, WasmTf } from './backend.ts';

interface Equation {
  readonly terms: readonly string[];
  readonly out: string;
}

/**
 * An einsum equation of one or two operands: letters, a comma, an arrow, no ellipsis, no letter twice in a term; what
 * the tfjs operation takes. Throws an Error of one sentence otherwise.
 */
export function parseEquation(equation: string, operands: number): Equation {
  const [left, out, ...more] = equation.replace(/\s/g, '').split('->');
  const terms = left!.split(',');
  const known = out !== undefined && more.length === 0 && terms.length === operands && operands <= 2;
  const single = [...terms, out ?? ''].every((term) => /^[A-Za-z]*$/.test(term) && new Set(term).size === term.length);
  if (!known || !single || [...out].some((letter) => !left!.includes(letter))) {
    throw new Error(
      `Expected an einsum equation of ${operands} operand(s) like 'ij,jk->ik', each letter once per term, at most two ` +
        `operands; got '${equation}'.`,
    );
  }
  return { terms, out };
}

const without = (term: string, drop: (letter: string) => boolean) =>
  [...term].filter((letter) => !drop(letter)).join('');
const size = (shape: readonly number[]) => shape.reduce((total, n) => total * n, 1);

/** Brings the letters of a term into another order. */
function arranged(tf: WasmTf, x: Info, from: string, to: string): Info {
  return from === to
    ? x
    : tf.transpose(
        x,
        [...to].map((letter) => from.indexOf(letter)),
      );
}

/** Sums out the letters of a term that `keep` lacks; what is left of the term, and its tensor. */
function reduced(tf: WasmTf, x: Info, term: string, keep: string): readonly [Info, string] {
  const axes = [...term].flatMap((letter, axis) => (keep.includes(letter) ? [] : [axis]));
  return axes.length === 0 ? [x, term] : [tf.sum(x, axes), without(term, (letter) => !keep.includes(letter))];
}

/** Einsum out of transpose, sum and one batched matrix product. */
export function einsum(tf: WasmTf, { terms, out }: Equation, operands: readonly Info[]): Info {
  const [first, second] = operands as [Info, Info?];
  if (second === undefined) {
    const [x, term] = reduced(tf, first, terms[0]!, out);
    return arranged(tf, x, term, out);
  }
  const [a, aTerm] = reduced(tf, first, terms[0]!, out + terms[1]!);
  const [b, bTerm] = reduced(tf, second, terms[1]!, out + terms[0]!);
  const both = without(aTerm, (letter) => !bTerm.includes(letter));
  const batch = without(both, (letter) => !out.includes(letter));
  const inner = without(both, (letter) => out.includes(letter));
  const rows = without(aTerm, (letter) => both.includes(letter));
  const columns = without(bTerm, (letter) => both.includes(letter));
  const lengths = new Map([...a.shape.entries()].map(([axis, n]) => [aTerm[axis]!, n]));
  for (const [axis, n] of b.shape.entries()) lengths.set(bTerm[axis]!, n);
  const shapeOf = (term: string) => [...term].map((letter) => lengths.get(letter)!);
  const left = [size(shapeOf(batch)), size(shapeOf(rows)), size(shapeOf(inner))];
  const right = [left[0]!, left[2]!, size(shapeOf(columns))];
  const product = tf.matMul(
    tf.reshape(arranged(tf, a, aTerm, batch + rows + inner), left),
    tf.reshape(arranged(tf, b, bTerm, batch + inner + columns), right),
  );
  const term = batch + rows + columns;
  return arranged(tf, tf.reshape(product, shapeOf(term)), term, out);
}

/** The kernel: a composition, also where everything else is native; int32 goes through float32. */
export function einsumKernel(tf: WasmTf): KernelFunction {
  return ({ inputs, attrs }) => {
    const operands = Object.values(inputs);
    const equation = parseEquation(attrs.equation as string, operands.length);
    return tf.tidy(() => {
      const result = einsum(
        tf,
        equation,
        operands.map((x) => (x.dtype === 'float32' ? x : tf.cast(x, 'float32'))),
      );
      return operands.every(({ dtype }) => dtype === 'int32') ? tf.cast(result, 'int32') : result;
    });
  };
}

/**
 * The gradient, which tfjs has for no backend: the other operand contracted with dy. Letters that only one operand has
 * were summed out: there dy is repeated.
 */
export function einsumGradient(tf: WasmTf): GradientConfig {
  return {
    kernelName: 'Einsum',
    saveAllInputs: true,
    gradFunc(dy, saved, attrs) {
      const { terms, out } = parseEquation(attrs.equation as string, saved.length);
      const gradientOf = (i: number) => () => {
        const term = terms[i]!;
        const others = terms.filter((_, j) => j !== i);
        const reachable = without(term, (letter) => ![out, ...others].some((other) => other.includes(letter)));
        const equation = `${[out, ...others].join(',')}->${reachable}`;
        const part = tf.einsum(equation, dy as Info, ...saved.filter((_, j) => j !== i));
        return repeated(tf, part, reachable, term, saved[i]!.shape);
      };
      return Object.fromEntries(saved.map((_, i) => [String(i), gradientOf(i)]));
    },
  };
}

/** Repeats along the letters that are missing. */
function repeated(tf: WasmTf, x: Info, from: string, to: string, shape: readonly number[]): Info {
  if (from === to) return x;
  const narrow = shape.map((n, axis) => (from.includes(to[axis]!) ? n : 1));
  return tf.mul(tf.reshape(x, narrow), tf.ones(shape));
}
