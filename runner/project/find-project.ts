import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ProjectError } from "./project-error.ts";

export const CONFIG_FILE = "scenario.config.ts";

/**
 * The project folder: `folder` itself, or, where none is given, the nearest folder from `cwd` upwards that has a
 * `scenario.config.ts`.
 *
 * @throws ProjectError `PROJECT_NOT_FOUND`
 */
export function findProject(folder: string | undefined, cwd: string): string {
  if (folder !== undefined) {
    const dir = resolve(cwd, folder);
    if (existsSync(join(dir, CONFIG_FILE))) return dir;
    throw new ProjectError(
      "PROJECT_NOT_FOUND",
      `${dir} has no ${CONFIG_FILE}; \`scenario init DIR\` makes a new project`,
    );
  }
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    if (existsSync(join(dir, CONFIG_FILE))) return dir;
    if (dirname(dir) === dir) break;
  }
  throw new ProjectError(
    "PROJECT_NOT_FOUND",
    `no ${CONFIG_FILE} in ${cwd} or above; go to a project, give \`--project DIR\`, or make one with \`scenario init DIR\``,
  );
}
