import { isHere, type Later } from './later.ts';

/** How often a queue that waits for another thread is looked into while the loop of this one runs; while somebody waits for the queue. */
const LOOK_MS = 10;
const SHORT_LOOK_MS = 1;

interface Turn {
  readonly ready: boolean;
  /** Resolves when the value has come; null where somebody has to look for it. */
  readonly arrived: Promise<void> | null;
  use(): void;
}

/** Uses values in the order in which they were asked for, at once where nothing waits: records keep the order of training. */
export class Turns {
  private readonly waiting: Turn[] = [];
  private advancing = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.failed = failed;
  }

  /** Runs `use` now if the value is here and nothing waits, else in its turn. Before that, whatever has come by now has its turn. */
  take<T>(value: Later<T>, use: (value: T) => void): void {
    this.advance();
    if (this.waiting.length === 0 && !this.advancing && isHere(value)) {
      use(value);
      return;
    }
    this.waiting.push(this.turnOf(value, use));
    this.advance();
  }

  /** Resolves when everything has had its turn. */
  async settled(): Promise<void> {
    for (let [head] = this.waiting; head !== undefined; [head] = this.waiting) {
      // Whoever else looks meanwhile may find it first, and a value that was used is not to be asked for again.
      await (head.arrived ?? new Promise((resolve) => setTimeout(resolve, SHORT_LOOK_MS)));
      this.advance();
    }
  }

  private turnOf<T>(value: Later<T>, use: (value: T) => void): Turn {
    if (isHere(value)) return { ready: true, arrived: Promise.resolve(), use: () => use(value) };
    if (value instanceof Promise) return this.promised(value, use);
    return {
      get ready() {
        return value.ready;
      },
      arrived: null,
      use: () => use(value.take()),
    };
  }

  private promised<T>(value: Promise<T>, use: (value: T) => void): Turn {
    const come = (of: () => T) => {
      turn.ready = true;
      turn.use = () => use(of());
      this.advance();
    };
    const failing = (error: unknown) => () => {
      throw error;
    };
    const arrived = value.then(
      (here) => come(() => here),
      (error) => come(failing(error)),
    );
    const turn = { ready: false, arrived, use: () => {} };
    return turn;
  }

  /** Uses what is ready at the head of the queue. */
  private advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    try {
      while (this.waiting[0]?.ready) this.use(this.waiting.shift()!);
    } finally {
      this.advancing = false;
    }
    this.look();
  }

  private use(turn: Turn): void {
    try {
      turn.use();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Looks again in a while: where training pauses, nobody else does. */
  private look(): void {
    if (this.timer !== null || this.waiting[0]?.arrived !== null) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.advance();
    }, LOOK_MS);
  }
}
