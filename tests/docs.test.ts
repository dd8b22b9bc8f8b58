import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rules } from '../src/alerts/index.ts';
import { derivedMetrics } from '../src/derived/index.ts';
import * as geometry from '../src/geometry/index.ts';
import { metrics } from '../src/metrics/index.ts';
import * as theory from '../src/theory/index.ts';
import { ROOT } from './support/script.ts';

/** Sections of a page by the name in their heading, "### `name`". */
function sectionsOf(page: string): Map<string, string> {
  const [, ...parts] = readFileSync(join(ROOT, 'docs', page), 'utf8').split(/^### `/m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('`')), part.split(/^## /m)[0]!]));
}

/** Names of headings, so that one that comes twice is seen. */
const headings = (page: string) =>
  [...readFileSync(join(ROOT, 'docs', page), 'utf8').matchAll(/^### `(.+)`$/gm)].map(([, name]) => name);

/** Measured and derived metrics. */
const told = [...metrics, ...derivedMetrics.map(({ id, stream }) => ({ id, streams: [stream] }))];

describe('docs/metrics.md', () => {
  test('has one section for every metric, and none for anything else', () => {
    expect(headings('metrics.md').sort()).toEqual(told.map(({ id }) => id).sort());
  });

  test.each(told.map((metric) => [metric.id, metric] as const))(
    'says of %s in which streams it is, how it is computed, how to read it, and what is normal',
    (id, { streams }) => {
      const section = sectionsOf('metrics.md').get(id)!;
      for (const part of ['Formula', 'Source', 'Read it', 'Normal']) expect(section).toContain(`**${part}.** `);
      const [, named] = section.match(/^Streams? (.+)\.$/m)!;
      expect([...named!.matchAll(/`(\w+)`/g)].map(([, stream]) => stream)).toEqual(streams);
    },
  );
});

describe('docs/alerts.md', () => {
  test('has one section for every rule, and none for anything else', () => {
    expect(headings('alerts.md').sort()).toEqual(rules.map(({ id }) => id).sort());
  });

  test.each(rules.map((rule) => [rule.id, rule] as const))(
    'says of %s how serious it is, what it reads, what it means, and what to do',
    (id, { level, reads }) => {
      const section = sectionsOf('alerts.md').get(id)!;
      for (const part of ['When', 'What it means', 'What to do']) expect(section).toContain(`**${part}.** `);
      expect(section).toContain(`Level \`${level}\``);
      for (const name of reads) expect(section).toContain(`\`${name}\``);
    },
  );
});

describe('docs/theory.md', () => {
  const page = readFileSync(join(ROOT, 'docs/theory.md'), 'utf8');
  const blocks = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);
  const modules: { readonly [name: string]: object } = { 'classwatch/theory': theory, 'classwatch/geometry': geometry };

  test.each(blocks.map((code) => [code]))('prints what it says: %s', (code) => {
    const printed: unknown[] = [];
    const own = code
      .replace(/^import (\{[^}]*\}) from '([^']*)';$/gm, 'const $1 = modules["$2"];')
      .replaceAll(/(\)|\])!/g, '$1');
    new Function('modules', 'console', own)(modules, { log: (value: unknown) => printed.push(value) });
    const said = [...code.matchAll(/^console\.log\(.*\/\/ (\S+)$/gm)].map(([, value]) => value!);
    expect(said.length).toBeGreaterThan(1);
    expect(printed.map((value) => (typeof value === 'number' ? value.toFixed(3) : String(value)))).toEqual(said);
  });
});
