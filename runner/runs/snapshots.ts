import { join } from "node:path";

/** Where a project's snapshots are. */
export function snapshotsFolder(projectDir: string): string {
  return join(projectDir, ".scenario", "snapshots");
}
