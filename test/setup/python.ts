import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Installs the Python tools of `requirements.txt` into `test/.venv`; does nothing when that is up to date.
 * Needs Python 3.11 or newer with pip. As root on Debian it installs what is missing of these itself.
 */
const folder = join(import.meta.dirname, "..", ".venv");
const interpreter = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
const requirements = join(import.meta.dirname, "requirements.txt");
const stamp = join(folder, "installed");
const python = process.platform === "win32" ? "python" : "python3";

/** Ends the program with a message for the reader. */
function fail(message: string): never {
  console.error(`Python set-up failed: ${message}`);
  process.exit(1);
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Runs a command silently, unless it fails: then ends the program with its output. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env });
  if (status !== 0) fail(`${command} ${args.join(" ")}\n${error?.message ?? stdout + stderr}`);
}

const hasVersion = () => succeeds(python, ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 11))"]);
const hasPip = () => succeeds(python, ["-m", "pip", "--version"]);

/** Checks the machine's own Python. */
function ensurePython(): void {
  const isRoot = process.getuid?.() === 0;
  if ((!hasVersion() || !hasPip()) && isRoot && succeeds("apt-get", ["--version"])) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    run("apt-get", ["update", "-q"], env);
    run("apt-get", ["install", "-q", "-y", "python3", "python3-venv", "python3-pip"], env);
  }
  if (!hasVersion()) fail(`${python} 3.11 or newer is needed; install it and run this again.`);
  if (!hasPip()) fail(`${python} has no pip; install it (Debian: apt install python3-pip) and run this again.`);
}

function install(): void {
  ensurePython();
  rmSync(folder, { recursive: true, force: true });
  // Debian's Python lacks `ensurepip`, so the machine's pip installs into the environment from outside.
  run(python, ["-m", "venv", "--without-pip", folder]);
  const quiet = ["--quiet", "--disable-pip-version-check", "--no-input"];
  run(python, ["-m", "pip", "--python", interpreter, "install", ...quiet, "-r", requirements]);
}

const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
const isInstalled = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted && succeeds(interpreter, ["--version"]);
if (!isInstalled) {
  install();
  writeFileSync(stamp, wanted);
}
console.log(`Python tools: test/.venv ${isInstalled ? "is up to date" : "installed"}`);
