import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Ids of the processes that a process has started. */
export async function childProcesses(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,stat="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return rows.filter(([, ppid, stat]) => Number(ppid) === parent && !stat.startsWith("Z")).map(([pid]) => Number(pid));
}

export function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
