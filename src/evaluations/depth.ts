import { Pace } from '../capture/budget/pace.ts';

/** What is looked at in classifier and features. */
export interface Depth {
  readonly isAny: boolean;
  /** NC1, the collapse ratio and the plane as well: multiples of C^3. */
  readonly isThorough: boolean;
}

/** One evaluation. */
export interface Look {
  readonly step: number;
  readonly epoch: number | null;
  readonly depth: Depth;
}

/** Whether an evaluation ends an epoch or the run; null: it is due by the schedule. */
export type End = 'epoch' | 'run' | null;

/** Multiply-adds for products between classes below which those are always looked at: some 10 ms. */
const FEW_PRODUCTS = 2e8;
/** Those of a thorough look that is always taken, that is taken at the end of every epoch, and at the end of the run: some 10 ms, 0.5 s, 5 s. */
const [LITTLE, MUCH, MOST] = [1e7, 6e8, 1e10];
/** Of them, so many take a millisecond. */
const PER_MILLISECOND = 1e6;
/** Milliseconds that may be spent at once. */
const GRACE = 1000;

/**
 * How far evaluations look into classifier and features, so that what takes long with many classes keeps to a share of the time. What takes more than
 * MUCH is earned before it is done for the first time: the first steps don't stand still.
 */
export class Depths {
  private readonly classes: number;
  private readonly few: Pace;
  private readonly thorough: Pace;
  private charged = false;

  /** `share` of training time; 1: always, whatever it costs. */
  constructor(classes: number, share: number) {
    this.classes = classes;
    const half = share === 1 ? 1 : share / 2;
    this.few = new Pace(half, GRACE);
    this.thorough = new Pace(half, GRACE);
  }

  /** `columns`: features that enter the classifier. */
  at(columns: number, end: End): Depth {
    const { classes } = this;
    const work = classes ** 2 * (4 * columns + 5 * classes);
    if (work > MUCH && !this.charged) this.thorough.charge(work / PER_MILLISECOND);
    this.charged = true;
    const isEnd = (end === 'run' && work <= MOST) || (end !== null && work <= MUCH);
    const isThorough = work < LITTLE || isEnd || this.thorough.due();
    return { isThorough, isAny: isThorough || end !== null || classes ** 2 * columns < FEW_PRODUCTS || this.few.due() };
  }

  /** Takes a look of this depth. */
  timed<T>({ isThorough }: Depth, look: () => T): T {
    return (isThorough ? this.thorough : this.few).timed(look);
  }
}
