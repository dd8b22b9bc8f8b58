import { describe, expect, test } from 'vitest';
import type { ClassifierPrediction } from '../../src/cli/predict-classifiers.ts';
import type { GuessPrediction } from '../../src/cli/predict-guesses.ts';
import { guessingBias, layerPeeledModel, meanField, minorityCollapseThresholds } from '../../src/theory/index.ts';
import { classwatch } from '../support/command-line.ts';

/** What a command prints; it has to end well. */
async function said(...args: string[]): Promise<string> {
  const { code, out, err } = await classwatch(['predict', ...args]);
  expect([code, err]).toEqual([0, '']);
  return out;
}

const COUNTS = '5000,5000,50,50';

describe('--counts', () => {
  test('prints a line for every group of classes, its phase, both thresholds, and the remedy', async () => {
    const out = await said('--counts', COUNTS, '--weight-energy', '1', '--feature-energy', '2');
    const { collapse, zero } = minorityCollapseThresholds({
      ...{ majority: 2, minority: 2, weightEnergy: 1, featureEnergy: 2 },
    });
    expect(collapse).toBeLessThan(100);
    expect(out).toContain('4 classes, imbalance 100; weight energy 1, feature energy 2.');
    expect(out).toMatch(/^5000 +2 +\d/m);
    expect(out).toMatch(/^50 +2 +\d/m);
    expect(out).toContain(`They collapse from imbalance ${Number(collapse!.toPrecision(4))} on`);
    expect(out).toContain(
      zero === null ? 'vanish at no imbalance' : `vanish from imbalance ${Number(zero.toPrecision(4))} on`,
    );
    expect(out).toContain(
      `Shown more than ${Number((100 / collapse!).toPrecision(4))} times as often, they would stay apart.`,
    );
  });

  test('--json gives the optimum in full precision, with energies 1 and 5 unless others are given', async () => {
    const prediction = JSON.parse(await said('--counts', COUNTS, '--json')) as ClassifierPrediction;
    const counts = [5000, 5000, 50, 50];
    const model = layerPeeledModel({ counts, weightEnergy: 1, featureEnergy: 5 });
    expect(prediction).toMatchObject({
      counts,
      weightEnergy: 1,
      featureEnergy: 5,
      phase: model.phase,
      loss: model.loss,
    });
    const [many, few] = prediction.groups;
    expect(many).toMatchObject({ count: 5000, classes: 2, classifierCosine: model.classifierCosine[1] });
    expect(few).toMatchObject({ count: 50, classes: 2, classifierCosine: model.classifierCosine[2 * 4 + 3] });
    expect(few!.featureNorm).toBe(model.featureNorm[3]);
  });

  test('classes that vanish have no cosine, and a sentence says so', async () => {
    const args = ['--counts', '999,999,999,1,1', '--feature-energy', '0.5'];
    expect(await said(...args)).toMatch(/^1 +2 +0 +none +none +0 +none$/m);
    expect(await said(...args)).toContain('are exactly 0: these classes have vanished, and have no cosine.');
    const { phase, groups } = JSON.parse(await said(...args, '--json')) as ClassifierPrediction;
    expect([phase, groups[1]!.classifierCosine]).toEqual(['zero', null]);
  });

  test('more than two different counts have no thresholds; a class of its kind alone has only a cosine with the nearest other', async () => {
    const out = await said('--counts', '400,100,50,10');
    expect(out).toMatch(/^400 +1 +\S+ +- +-?0\.\d+ +\S+ +-$/m);
    expect(out).not.toContain('from imbalance');
  });

  test('rare classes of almost equal counts share one classifier, with their cosine and the remedy', async () => {
    const out = await said('--counts', '5000,5000,50,51');
    expect(out).toContain(
      'In practice the 2 classes with 50 to 51 examples share one classifier (cosine 0.999 or more)',
    );
    expect(out).toContain('Among the 2 classes with 50 to 51 examples the mean cosine is 1.');
    const prediction = JSON.parse(await said('--counts', '5000,5000,50,51', '--json')) as ClassifierPrediction;
    expect(prediction).toMatchObject({ phase: 'separated', shared: [[2, 3]], vanished: [], minority: [2, 3] });
    expect(prediction.minorityCosine).toBeGreaterThan(0.9999);
    const { examples, times } = prediction.remedy!;
    expect(times).toBe(examples / 50);
    expect(out).toContain(`the rarest ${Number(times.toPrecision(4))} times as often`);
    const [a, b] = [Math.max(50, examples), Math.max(51, examples)];
    expect(await said('--counts', `5000,5000,${a},${b}`)).toContain('No two classes share their classifier');
  });

  test('graded counts collapse from the rarest on', async () => {
    const args = ['--counts', '1000,900,800,700,600,500,400,300,200,100,10', '--feature-energy', '2'];
    expect(await said(...args)).toMatch(/In practice the \d classes with 10 to \d+ examples share one classifier/);
    expect(await said(...args)).toMatch(/the rarest \d+\S* times as often/);
  });

  test('a single rare class that vanishes is told how often it has to be shown', async () => {
    const out = await said('--counts', '5000,5000,5000,1', '--feature-energy', '0.5');
    expect(out).toContain('The classifiers of the class with 1 example are exactly 0');
    expect(out).toMatch(/the rarest \d{2,}\S* times as often/);
  });

  test('counts that keep apart have no remedy, and the largest cosine', async () => {
    const out = await said('--counts', '5000,5000,50,51', '--feature-energy', '20');
    expect(out).toMatch(/No two classes share their classifier, and none has vanished; the largest cosine is -0\.0\d+/);
    expect(out).not.toContain('times as often');
  });

  test('1,000 different counts are merged into 32, which is said, and answered within 10 seconds', async () => {
    const counts = Array.from({ length: 1000 }, (_, c) => 20 + 5 * c).join();
    const started = performance.now();
    const out = await said('--counts', counts);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(out).toContain('1000 different counts were merged into ');
    expect(out).toContain('1000 classes, imbalance 250.8;');
    expect(out).toMatch(/with 20 to \d+ examples are practically 0 \(below 1 % of the mean norm\)/);
    expect(out.match(/^[\d.]+ +\d+ /gm)!.length).toBeLessThanOrEqual(32);
  }, 30_000);
});

describe('--stack', () => {
  const STACK = 'dense:256:relu:he,layerNorm,dense:128:relu:he';

  test('prints a line for every layer, the output layer among them, and the law of the guesses', async () => {
    const out = await said('--stack', STACK, '--classes', '10');
    const { gamma } = meanField(`${STACK},dense:10:linear:lecun`, { q: 1, c: 0 }).at(-1)!;
    expect(out).toMatch(/^dense:256:relu:he +\S+ +\S+ +\S+ +\S+$/m);
    expect(out).toMatch(/^dense:10:linear:1 /m);
    expect(out).toContain(`gamma ${Number(gamma.toPrecision(4))}: `);
    const { topShare } = guessingBias({ gamma, classes: 10 });
    expect(out).toContain(`gets ${Number((100 * topShare).toPrecision(3))} % of the guesses on average`);
    expect(out).toContain('evenly it would be 10 %');
  });

  test('--json gives the same in full precision; inputs and the number of examples count', async () => {
    const args = ['--stack', STACK, '--classes', '2', '--q', '2', '--c', '0.3', '--examples', '200', '--json'];
    const prediction = JSON.parse(await said(...args)) as GuessPrediction;
    const states = meanField(`${STACK},dense:2:linear:lecun`, { q: 2, c: 0.3 });
    expect(prediction.layers.map(({ gamma }) => gamma)).toEqual(states.map(({ gamma }) => gamma));
    const law = guessingBias({ gamma: states.at(-1)!.gamma, classes: 2, examples: 200 });
    expect(prediction.topShare).toBe(law.topShare);
    expect(prediction.topShareQuantiles['0.95']).toBe(law.top.quantile(0.95));
  });

  test('a stack that ends in the output layer gets no other', async () => {
    const [short, long] = ['dense:64:tanh', 'dense:64:tanh,dense:3:linear:1'].map(async (stack) => {
      const { layers } = JSON.parse(await said('--stack', stack, '--classes', '3', '--json')) as GuessPrediction;
      return layers;
    });
    expect(await short).toEqual(await long);
  });
});

test('--help spells options with hyphens and tells every kind of layer, and what it gives as an example is read', async () => {
  const out = await said('--help');
  expect(out).toContain('--weight-energy E');
  expect(out).not.toMatch(/--\w+_/);
  for (const kind of [
    'dense',
    'conv',
    'maxPool',
    'batchNorm',
    'layerNorm',
    'dropout',
    'flatten',
    'residual',
    'input',
  ]) {
    expect(out).toContain(kind);
  }
  expect(out).toContain('he, lecun, glorot (the default)');
  const [, example] = out.match(/--stack "(.+)"/)!;
  expect(await said('--stack', example!)).toMatch(/^conv:32:relu:he +\S+/m);
});

test.each([
  [[], 'Expected either --counts or --stack, got neither: see classwatch predict --help.'],
  [['--counts', '1,2', '--stack', 'relu'], 'Expected either --counts or --stack, got both'],
  [['--counts', '1,2', '--classes', '3'], 'Option --classes says nothing with --counts: leave it out.'],
  [['--stack', 'relu', '--weight-energy', '3'], 'Option --weight-energy says nothing with --stack: leave it out.'],
  [['--counts', '5,many'], 'Expected counts[1] to be a number, got "many".'],
  [['--counts', '5,,2'], 'Expected counts[1] to be a number, got "".'],
  [['--counts=-5,3'], 'counts[0] is -5: expected a finite number of at least 0.'],
  [['--counts', '0,0'], 'counts is all 0: expected examples of at least one class.'],
  [['--counts', '7'], 'counts has length 1: expected the counts of at least two classes.'],
  [['--counts', '1,2', '--feature-energy', '0'], 'featureEnergy is 0: expected a finite number above 0.'],
  [['--stack', 'densse:3'], 'did you mean "dense"?'],
  [['--stack', 'foo'], 'or an activation), got "foo".'],
  [['--stack', 'dense:8:3'], 'softsign, sigmoid, tanh), got "3".'],
  [['--stack', 'dense:8:relu', '--classes', '1'], 'classes is 1: expected a whole number'],
  [['--stack', 'dense:8:relu', '--c', '2'], 'c, the correlation of two inputs, is 2: expected a number from 0 to 1.'],
])('%j is refused in a sentence, with exit code 2', async (args, sentence) => {
  const { code, out, err } = await classwatch(['predict', ...args]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(sentence);
});
