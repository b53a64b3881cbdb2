import { SingleBar } from "cli-progress";
import { note, type Terminal } from "./terminal.ts";

/** Where lines are printed instead of a bar, one of them every so often. */
const LINE_EVERY_MS = 5_000;

/** Counts scenarios: a bar with rate and time left on a terminal, plain lines elsewhere. */
export class ScenarioProgress implements Disposable {
  readonly #terminal: Terminal;
  readonly #total: number;
  readonly #bar: SingleBar | null;
  readonly #startMs = Date.now();
  readonly #before: number;
  #done: number;
  #failed = 0;
  #nextLineMs = this.#startMs + LINE_EVERY_MS;

  /** @param done scenarios that were done before; they say nothing about the rate. */
  constructor(terminal: Terminal, total: number, done: number) {
    this.#terminal = terminal;
    this.#total = total;
    this.#before = done;
    this.#done = done;
    this.#bar = terminal.err.isTTY ? barOn(terminal.err) : null;
    this.#bar?.start(total, done, { failed: 0, rate: "-", left: "-" });
  }

  advance(failed: boolean): void {
    this.#done++;
    if (failed) this.#failed++;
    if (this.#bar !== null) {
      this.#bar.update(this.#done, { failed: this.#failed, ...this.#pace() });
      return;
    }
    if (Date.now() < this.#nextLineMs && this.#done < this.#total) return;
    this.#nextLineMs = Date.now() + LINE_EVERY_MS;
    const { rate, left } = this.#pace();
    note(this.#terminal, `${this.#done}/${this.#total} scenarios, ${this.#failed} failed, ${rate}/s, ${left} left`);
  }

  [Symbol.dispose](): void {
    this.#bar?.stop();
  }

  #pace(): { rate: string; left: string } {
    const seconds = Math.max((Date.now() - this.#startMs) / 1000, 1e-3);
    const rate = (this.#done - this.#before) / seconds;
    return { rate: rate >= 10 ? rate.toFixed(0) : rate.toFixed(1), left: duration((this.#total - this.#done) / rate) };
  }
}

function barOn(stream: NodeJS.WriteStream): SingleBar {
  return new SingleBar({
    format: "  {bar} {value}/{total} scenarios | {failed} failed | {rate}/s | {left} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 28,
    hideCursor: true,
    stream,
  });
}

/** `7 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 10 ? seconds.toFixed(1) : whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
