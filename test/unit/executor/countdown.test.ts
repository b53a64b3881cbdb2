import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Countdown } from "../../../runner/executor/countdown.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a countdown", () => {
  it("ends once after its time", () => {
    const ended = vi.fn();
    new Countdown(1000, ended);
    vi.advanceTimersByTime(999);
    expect(ended).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5000);
    expect(ended).toHaveBeenCalledOnce();
  });

  it("does not count pauses", () => {
    const ended = vi.fn();
    const countdown = new Countdown(1000, ended);
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(300);
      countdown.pause();
      vi.advanceTimersByTime(10_000);
      countdown.resume();
    }
    vi.advanceTimersByTime(99);
    expect(ended).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(ended).toHaveBeenCalledOnce();
  });

  it("never ends once it is disposed of", () => {
    const ended = vi.fn();
    new Countdown(1000, ended)[Symbol.dispose]();
    vi.advanceTimersByTime(5000);
    expect(ended).not.toHaveBeenCalled();
  });
});
