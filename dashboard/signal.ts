/** One value that several parts of the page follow. */
export class Signal<T> {
  private held: T;
  private readonly listeners = new Set<(value: T, before: T) => void>();

  constructor(value: T) {
    this.held = value;
  }

  get value(): T {
    return this.held;
  }

  /** Takes a new value and tells every follower, unless it is the same one. */
  set(value: T): void {
    const before = this.held;
    if (Object.is(value, before)) return;
    this.held = value;
    for (const listener of this.listeners) listener(value, before);
  }

  /** Follows the value; the function that comes back ends it. */
  follow(listener: (value: T, before: T) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
