import { join } from "node:path";
import { serverId } from "./tracking-uri.ts";

/**
 * The folder of `projectDir` in which runs wait for the server at `uri`: in the same layout as `mlruns`, so that they
 * can be looked at, and sent by the same code.
 */
export function spoolFolder(projectDir: string, uri: string): string {
  return join(projectDir, ".scenario", "spool", serverId(uri));
}
