import type { RefusedRun } from "../tracking/sync.ts";
import { note, type Terminal } from "./terminal.ts";

/** Why a server refused runs; a reason that many runs share is told once. */
export function noteRefused(terminal: Terminal, refused: readonly RefusedRun[]): void {
  const byReason = new Map<string, RefusedRun[]>();
  for (const run of refused) {
    const same = byReason.get(run.message);
    if (same === undefined) byReason.set(run.message, [run]);
    else same.push(run);
  }
  for (const [message, [first, ...others]] of byReason) {
    const more = others.length === 0 ? "" : ` and ${others.length} other runs`;
    note(terminal, `the tracking server refused ${first.runName}${more}: ${message}`);
  }
}
