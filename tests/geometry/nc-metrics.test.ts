import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ClassMoments } from '../../src/geometry/class-moments.ts';
import { neuralCollapse } from '../../src/geometry/neural-collapse.ts';
import { ROOT } from '../support/script.ts';
import * as plain from './plain-collapse.ts';

/** Values, or trees of them. */
type Tree = number | readonly Tree[] | { readonly [name: string]: Tree };

interface Case {
  readonly kind: string;
  readonly K: number;
  readonly H: number[][];
  readonly labels: number[];
  readonly W: number[][];
  readonly b: number[];
  readonly expected: { readonly minority: { readonly classes: number[] }; readonly [name: string]: Tree };
}

const { cases } = JSON.parse(readFileSync(join(ROOT, 'tests/fixtures/nc-metrics.json'), 'utf8')) as { cases: Case[] };

function leaves(tree: Tree, path = ''): [path: string, value: number][] {
  if (typeof tree === 'number') return [[path.slice(1), tree]];
  return Object.entries(tree).flatMap(([name, branch]) => leaves(branch as Tree, `${path}.${name}`));
}

/** Everything that the fixture holds, by definition. */
function byDefinition({ H, labels, W, b, K, expected }: Case): Tree {
  const data = { features: H, labels, weights: W, bias: b };
  const mus = plain.means(data);
  const samples = plain.meanRow(H);
  const [m, fromSamples, w] = [plain.centred(mus), plain.centred(mus, samples), plain.centred(W)];
  const within = plain.withinScatter(data);
  const [between, weighted] = [plain.betweenScatter(data), plain.exampleScatter(data)];
  const { classes } = expected.minority;
  const few = (rows: plain.Matrix) => rows.filter((_, c) => classes.includes(c));
  const many = (rows: plain.Matrix) => rows.filter((_, c) => !classes.includes(c));
  const [predicted, nearest] = [plain.predicted(data), plain.nearest(data, mus)];
  return {
    counts: mus.map((_, c) => labels.filter((label) => label === c).length),
    class_means: mus,
    global_mean_of_class_means: plain.meanRow(mus),
    global_mean_of_samples: samples,
    nc1: {
      papyan_SWsample_SBclass: plain.nc1(within, between, K),
      SWclassavg_SBclass: plain.nc1(plain.classScatter(data), between, K),
      SWsample_SBsample: plain.nc1(within, weighted, K),
      trace_ratio_SWsample_SBclass: plain.traceRatio(within, between),
      trace_ratio_SWsample_SBsample: plain.traceRatio(within, weighted),
      cdnv_mean: plain.cdnv(data),
    },
    nc2: {
      equinorm_cv_means_gm: plain.variation(m),
      equinorm_cv_means_gs: plain.variation(fromSamples),
      equinorm_cv_W: plain.variation(W),
      equinorm_cv_W_centred: plain.variation(w),
      angles_means_gm: plain.angles(m),
      angles_means_gs: plain.angles(fromSamples),
      angles_W: plain.angles(W),
      angles_W_centred: plain.angles(w),
      zhu_WWt: plain.fromFrame(plain.times(W, W)),
      zhu_MMt: plain.fromFrame(plain.times(m, m)),
    },
    nc3: {
      self_duality_fro: plain.duality(W, m),
      self_duality_fro_sq: plain.duality(W, m) ** 2,
      self_duality_fro_Wcentred: plain.duality(w, m),
      self_duality_fro_gs: plain.duality(W, fromSamples),
      zhu_WMt: plain.fromFrame(plain.times(W, m)),
      mean_cos_w_mu: plain.mean(W.map((row, c) => plain.dot(row, m[c]!) / plain.norm(row) / plain.norm(m[c]!))),
    },
    nc4: {
      mismatch_fraction: 1 - plain.share(predicted, nearest),
      net_pred: predicted,
      ncc_pred: nearest,
      net_accuracy: plain.share(predicted, labels),
      ncc_accuracy: plain.share(nearest, labels),
    },
    minority: {
      classes,
      mean_pairwise_cos_W: plain.mean(plain.pairCosines(few(W))),
      norm_variation_W: plain.variation(few(W)),
      mean_pairwise_cos_W_majority: plain.mean(plain.pairCosines(many(W))),
      mean_pairwise_cos_class_means_gm: plain.mean(plain.pairCosines(few(m))),
    },
  };
}

describe.each(cases)('reference values, $kind, $K classes', (one) => {
  const expected = new Map(leaves(one.expected));
  const close = (got: number | null, path: string) =>
    expect(Math.abs(got! - expected.get(path)!), path).toBeLessThanOrEqual(1e-8);

  test('the plain definitions give every one of them', () => {
    const got = leaves(byDefinition(one));
    expect(got.map(([path]) => path)).toEqual([...expected.keys()]);
    for (const [path, value] of got) close(value, path);
  });

  test('neuralCollapse gives those that it reports', () => {
    const { classes: minority } = one.expected.minority;
    const got = neuralCollapse({ features: one.H, labels: one.labels, weights: one.W, bias: one.b, minority });
    close(got.nc1, 'nc1.papyan_SWsample_SBclass');
    close(got.cdnv, 'nc1.cdnv_mean');
    close(got.equinormMeans, 'nc2.equinorm_cv_means_gm');
    close(got.equinormClassifier, 'nc2.equinorm_cv_W');
    close(got.equiangularityMeans, 'nc2.angles_means_gm.mean_abs_dev_from_etf');
    close(got.equiangularityClassifier, 'nc2.angles_W.mean_abs_dev_from_etf');
    close(got.selfDuality, 'nc3.self_duality_fro');
    close(got.nearestMeanMismatch, 'nc4.mismatch_fraction');
    close(got.minorityCosine, 'minority.mean_pairwise_cos_W');
    close(got.normVariation, 'minority.norm_variation_W');
    expect(Object.keys(got)).toHaveLength(10);
  });

  test('moments hold its counts and means', () => {
    const moments = new ClassMoments({ classes: one.K, columns: one.H[0]!.length });
    moments.add(one.H.flat(), one.labels);
    const got = leaves({ counts: [...moments.counts], class_means: moments.means().map((row) => [...row!]) });
    for (const [path, value] of got) close(value, path);
  });
});
