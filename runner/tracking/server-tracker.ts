import { TrackingError } from "./errors.ts";
import type { Tracker, TrackerOptions } from "./tracker.ts";
import type { TrackingUri } from "./tracking-uri.ts";

/** Runs of a server. */
export const ServerTracker = {
  async open(target: TrackingUri, _options: TrackerOptions): Promise<Tracker> {
    throw new TrackingError("TRACKING_URI_INVALID", `Servers are not implemented yet: ${target.kind}`);
  },
};
