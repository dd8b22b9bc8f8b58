/** What the tests of the page have in common: a server with a run that the test writes, and a browser that looks at it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, onTestFinished } from 'vitest';
import { RunHistory } from '../../src/history.ts';
import type { AnyRecord } from '../../src/record.ts';
import { withBrowser } from '../support/browser.ts';
import { ROOT } from '../support/script.ts';
import { PageServer } from './page-server.ts';
import { SmallTraining, type TrainingOptions } from './small-training.ts';

export const FOLDER = join(ROOT, 'dist', 'dashboard');
export const NAMES = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

export interface Stage {
  readonly server: PageServer;
  readonly training: SmallTraining;
  /** What the run holds, as the page should see it. */
  readonly history: RunHistory;
  readonly url: string;
  /** Hands records to the server, and to the history. */
  tell(...records: AnyRecord[]): void;
  train(steps: number): void;
}

interface Opened {
  readonly page: Page;
  /** Errors and broken policies that the page reported. */
  readonly troubles: string[];
}

/** A server with a run of so many steps. */
async function stage(steps: number, options: Partial<TrainingOptions> = {}): Promise<Stage> {
  const server = new PageServer(FOLDER);
  const training = new SmallTraining({ run: 'first', name: 'a small run', classNames: NAMES, ...options });
  const history = new RunHistory();
  const tell = (...records: AnyRecord[]) => {
    for (const record of records) history.add(record);
    server.publish(records);
  };
  const train = (count: number) => {
    for (let i = 0; i < count; i++) tell(...training.next());
  };
  tell(...training.start());
  train(steps);
  const url = await server.listen();
  onTestFinished(() => server.close());
  return { server, training, history, url, tell, train };
}

/** Runs of a made-up training, and pages of one browser per file of tests. */
export function withStage() {
  const browser = withBrowser();
  beforeAll(() => {
    if (!existsSync(join(FOLDER, 'index.html')))
      throw new Error(`Expected the built page in ${FOLDER}: run npm run build.`);
  });
  const open = async (
    url: string,
    options: { width?: number; height?: number; dark?: boolean } = {},
  ): Promise<Opened> => {
    const page = await browser.page(options);
    onTestFinished(() => page.context().close());
    const troubles: string[] = [];
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('dialog', (dialog) => troubles.push(`dialog: ${dialog.message()}`));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) troubles.push(message.text());
    });
    await page.goto(url);
    return { page, troubles };
  };
  return { stage, open };
}

/** Waits until the page has come to a step. */
export function step(page: Page, at: number, timeout = 10_000): Promise<unknown> {
  return page.waitForSelector(`header.top[data-step="${at}"]`, { timeout });
}

/** Numbers of a table by class, as they stand in the document. */
export function values(page: Page, metric: string, card = 'line'): Promise<(number | null)[]> {
  return page.$$eval(`.card.${card} table[data-metric="${metric}"] td[data-class]`, (cells) =>
    cells.map((cell) => (cell.hasAttribute('data-value') ? Number(cell.getAttribute('data-value')) : null)),
  );
}

/** Last values of a metric; null where one is missing. */
export function lastOf(history: RunHistory, name: string): (number | null)[] {
  const bucket = history.metrics.get(name)!.buckets.at(-1)!;
  return Array.from(bucket.last, (value, i) => (bucket.seen[i] ? value : null));
}

/** Number of pixels of nearly this colour in a canvas, or in its uppermost rows. */
export function pixels(page: Page, canvas: string, color: string, rows = Infinity): Promise<number> {
  return page.$eval(
    canvas,
    (node, [wanted, most]) => {
      const { width, height } = node as HTMLCanvasElement;
      const { data } = (node as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, Math.min(most, height));
      const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(wanted.slice(at, at + 2), 16)) as [
        number,
        number,
        number,
      ];
      let found = 0;
      for (let i = 0; i < data.length; i += 4) {
        const distance = Math.abs(data[i]! - r) + Math.abs(data[i + 1]! - g) + Math.abs(data[i + 2]! - b);
        if (distance < 24 && data[i + 3]! > 200) found++;
      }
      return found;
    },
    [color, rows] as const,
  );
}

/** The card of a chart. */
export const card = (title: string, stream: string) => `.card[data-chart="${title}"][data-stream="${stream}"]`;
