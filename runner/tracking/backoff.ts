import { setTimeout as sleep } from "node:timers/promises";

/** When to try again. */
export interface Backoff {
  /** Tries after the first one. */
  readonly maxRetries: number;
  /** The first wait is about this long; each further one twice as long, up to `maxDelayMs`. */
  readonly delayMs: number;
  readonly maxDelayMs: number;
}

/**
 * The wait before retry `attempt` (0, 1, ...): exponential, half of it random, so that many clients which failed
 * together don't come back together. A longer wait that the server asked for wins, within `maxDelayMs`.
 */
export function retryDelayMs(
  backoff: Backoff,
  attempt: number,
  retryAfterMs = 0,
  random: () => number = Math.random,
): number {
  const full = Math.min(backoff.maxDelayMs, backoff.delayMs * 2 ** attempt);
  return Math.min(backoff.maxDelayMs, Math.max(retryAfterMs, full * (0.5 + 0.5 * random())));
}

/** Milliseconds that a `Retry-After` header (seconds, or a date) asks for; `undefined` if it can't be read. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** Waits; rejects with the signal's reason if it is aborted. */
export async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
