import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { isAbsolute, relative } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * MLflow's own tags of where a run comes from: project folder, user, git commit (with `-dirty` for changed files).
 *
 * @param outputs folders below the project that runs write to: they are no changes of its source.
 */
export async function sourceTags(projectDir: string, outputs: readonly string[]): Promise<Record<string, string>> {
  const tags = { "mlflow.source.name": projectDir, "mlflow.source.type": "PROJECT", "mlflow.user": user() };
  try {
    const git = async (...args: string[]) => (await run("git", args, { cwd: projectDir })).stdout.trim();
    const excluded = outputs
      .map((folder) => relative(projectDir, folder))
      .filter((path) => path !== "" && !path.startsWith("..") && !isAbsolute(path))
      .map((path) => `:(exclude)${path.replaceAll("\\", "/")}`);
    const status = ["status", "--porcelain", "--", ".", ...excluded];
    const [commit, changes] = await Promise.all([git("rev-parse", "HEAD"), git(...status)]);
    return { ...tags, "mlflow.source.git.commit": changes === "" ? commit : `${commit}-dirty` };
  } catch {
    // No git, or not a repository: runs are still known by the hash of their code.
    return tags;
  }
}

function user(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
