/** Values that may come later: from a promise, or from another thread that leaves them in shared memory. */
export type Later<T> = T | Promise<T> | Pending<T>;

/** How long whoever waits for shared memory lets pass between two looks. */
const LOOK_MS = 1;

export interface PendingSource<T> {
  readonly ready: boolean;
  /** Only when ready, and once. */
  take(): T;
  /** Instead of `take`, at any time: nobody wants it any more. */
  discard(): void;
}

/** A value that no event tells of: whoever wants it looks whether it is there, so a loop that never yields gets it, too. */
export class Pending<T> implements PendingSource<T> {
  private readonly source: PendingSource<T>;

  constructor(source: PendingSource<T>) {
    this.source = source;
  }

  get ready(): boolean {
    return this.source.ready;
  }

  take(): T {
    return this.source.take();
  }

  discard(): void {
    this.source.discard();
  }

  /** What `use` makes of the value, when it is taken. */
  map<U>(use: (value: T) => U): Pending<U> {
    const { source } = this;
    return new Pending({
      get ready() {
        return source.ready;
      },
      take: () => use(source.take()),
      discard: () => source.discard(),
    });
  }

  /** Resolves when it is ready. */
  async arrived(): Promise<void> {
    while (!this.ready) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

export function isHere<T>(value: Later<T>): value is T {
  return !(value instanceof Promise || value instanceof Pending);
}

/** What `use` makes of the value: now if it is here. */
export function map<T, U>(value: Later<T>, use: (value: T) => U): Later<U> {
  if (value instanceof Promise) return value.then(use);
  return value instanceof Pending ? value.map(use) : use(value);
}

/** Two values as one, as soon as both are here. */
export function both<A, B>(a: Later<A>, b: Later<B>): Later<readonly [A, B]> {
  if (a instanceof Promise || b instanceof Promise) return Promise.all([promised(a), promised(b)]);
  if (!(a instanceof Pending)) return map(b, (second) => [a, second] as const);
  if (!(b instanceof Pending)) return a.map((first) => [first, b] as const);
  return new Pending({
    get ready() {
      return a.ready && b.ready;
    },
    take: () => [a.take(), b.take()] as const,
    discard() {
      a.discard();
      b.discard();
    },
  });
}

/** For values that are used one after the other: one that is here waits for those before it that are pending. */
export class Sequence {
  private underWay = 0;

  /** What `use` makes of the value, in its turn. */
  map<T, U>(value: Later<T>, use: (value: T) => U): Later<U> {
    if (value instanceof Promise) return value.then(use);
    if (isHere(value) && this.underWay === 0) return use(value);
    this.underWay++;
    const pending =
      value instanceof Pending ? value : new Pending({ ready: true, take: () => value, discard: () => {} });
    return pending.map((here) => {
      this.underWay--;
      return use(here);
    });
  }
}

function promised<T>(value: Later<T>): T | Promise<T> {
  return value instanceof Pending ? value.arrived().then(() => value.take()) : value;
}
