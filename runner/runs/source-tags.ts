import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

/** MLflow's own tags of where a run comes from: project folder, user, git commit (with `-dirty` for changed files). */
export async function sourceTags(projectDir: string): Promise<Record<string, string>> {
  const tags = { "mlflow.source.name": projectDir, "mlflow.source.type": "PROJECT", "mlflow.user": user() };
  try {
    const git = async (...args: string[]) => (await run("git", args, { cwd: projectDir })).stdout.trim();
    const [commit, changes] = await Promise.all([git("rev-parse", "HEAD"), git("status", "--porcelain", "--", ".")]);
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
