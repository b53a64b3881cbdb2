/** Calls `expired` once after so much time, pauses not counted. Disposing stops it. */
export class Countdown implements Disposable {
  readonly #expired: () => void;
  #leftMs: number;
  #resumedAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, expired: () => void) {
    this.#leftMs = ms;
    this.#expired = expired;
    this.resume();
  }

  pause(): void {
    if (this.#timer === undefined) return;
    this.#leftMs -= performance.now() - this.#resumedAtMs;
    this[Symbol.dispose]();
  }

  resume(): void {
    if (this.#timer !== undefined) return;
    this.#resumedAtMs = performance.now();
    this.#timer = setTimeout(this.#expired, this.#leftMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
