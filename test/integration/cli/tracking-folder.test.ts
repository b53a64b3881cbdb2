import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { scenario, trainOutput } from "./command-line.ts";
import {
  emptyFolder,
  journalLines,
  journalState,
  localRuns,
  runStatus,
  smallProject,
  type TestProject,
} from "./projects.ts";

const run = promisify(execFile);
const TRAIN = ["train", "--all", "--jobs", "1", "--json"];

/** A file system of its own, in memory: it can be filled, enlarged and made read-only. Needs root, as CI has. */
class MemoryDisk implements AsyncDisposable {
  readonly folder: TestProject;
  private constructor(folder: TestProject) {
    this.folder = folder;
  }

  static async mount(size: string): Promise<MemoryDisk> {
    const folder = await emptyFolder();
    await run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "scenario-test", folder.dir]);
    return new MemoryDisk(folder);
  }

  async remount(options: string): Promise<void> {
    await run("mount", ["-o", `remount,${options}`, this.folder.dir]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", ["--lazy", this.folder.dir]);
    await this.folder[Symbol.asyncDispose]();
  }
}

function settingsFor(folder: string): string {
  return `tracking: { uri: ${JSON.stringify(folder)}, experiment: "shops" }`;
}

describe("a tracking folder that can't be used", () => {
  it("is refused before training where a file is in its place", async () => {
    await using project = await smallProject({ files: { mlruns: "a file" } });
    const { code, stdout, stderr } = await scenario(TRAIN, { cwd: project.dir });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(`${project.path("mlruns")} can't be used as a tracking folder`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("is refused before training where it is read-only", async () => {
    await using disk = await MemoryDisk.mount("1m");
    await mkdir(disk.folder.path("mlruns"));
    await disk.remount("ro");
    await using project = await smallProject({ settings: settingsFor(disk.folder.path("mlruns")) });
    const { code, stdout, stderr } = await scenario(TRAIN, { cwd: project.dir });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(`Runs can't be written to ${disk.folder.path("mlruns")}: it is read-only`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("is refused by its address where nothing of the kind is supported", async () => {
    await using project = await smallProject({ settings: settingsFor("sqlite:///mlflow.db") });
    const { code, stderr } = await scenario(TRAIN, { cwd: project.dir });
    expect(stderr).toMatch(/^error: Runs can't be sent to "sqlite:\/\/\/mlflow\.db"/);
    expect(code).toBe(2);
  });
});

describe("a project that can't be written", () => {
  it("says so in one line", async () => {
    await using disk = await MemoryDisk.mount("4m");
    await using source = await smallProject();
    await run("cp", ["-r", `${source.dir}/.`, disk.folder.dir]);
    await disk.remount("ro");
    const { code, stdout, stderr } = await scenario(["list"], { cwd: disk.folder.dir });
    expect(stderr).toMatch(/^error: E(ROFS|NOENT): .*\.scenario/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe("a disk that gets full", () => {
  it("ends the run with what is done safe; --resume completes it when there is room", async () => {
    await using disk = await MemoryDisk.mount("1m");
    const mlruns = disk.folder.path("mlruns");
    await using project = await smallProject({ settings: settingsFor(mlruns) });
    const { code, stdout, stderr } = await scenario(TRAIN, { cwd: project.dir });
    expect(stderr).toContain(`error: No space is left for runs in ${mlruns}`);
    expect(stderr).toContain("--resume");
    expect(stderr).not.toContain("internal error");
    expect(code).toBe(2);
    const done = await journalState(project);
    expect(done.size).toBeGreaterThan(0);
    expect(done.size).toBeLessThan(6);
    expect(stdout.trim().split("\n")).toHaveLength(done.size);
    const children = (await localRuns(mlruns)).filter(({ tags }) => "mlflow.parentRunId" in tags);
    expect(children.length).toBeGreaterThanOrEqual(done.size);

    await disk.remount("size=32m");
    const resumed = await scenario([...TRAIN, "--resume"], { cwd: project.dir });
    expect(resumed.code).toBe(0);
    const { scenarios, summary } = trainOutput(resumed.stdout);
    expect(scenarios).toHaveLength(6 - done.size);
    expect(summary).toMatchObject({ succeeded: 6, isComplete: true });
    const runs = await localRuns(mlruns);
    expect(runs).toHaveLength(7);
    expect(runs.every(({ status }) => status === runStatus.finished)).toBe(true);
  });

  it("ends the run in the same way where the project itself is on it", async () => {
    await using disk = await MemoryDisk.mount("48m");
    await using mlruns = await emptyFolder();
    await using source = await smallProject({ settings: settingsFor(mlruns.path("mlruns")) });
    await run("cp", ["-r", `${source.dir}/.`, disk.folder.dir]);
    expect((await scenario(["list"], { cwd: disk.folder.dir })).code).toBe(0);
    // Room for a few lines of the journal.
    await mkdir(disk.folder.path("fill"));
    const { stdout: free } = await run("df", ["--output=avail", "--block-size=1", disk.folder.dir]);
    const room = 8 * 1024;
    await writeFile(disk.folder.path("fill", "rest"), new Uint8Array(Number(free.trim().split("\n")[1]) - room));

    const { code, stderr } = await scenario(TRAIN, { cwd: disk.folder.dir });
    expect(stderr).toContain("error: the run can't be journalled in");
    expect(stderr).toContain("no space left on device");
    expect(code).toBe(2);
    const done = (await journalState(disk.folder)).size;
    expect(done).toBeLessThan(6);
    await rm(disk.folder.path("fill"), { recursive: true });
    const started = (await journalLines(disk.folder)).length > 0;
    const resumed = await scenario(started ? [...TRAIN, "--resume"] : TRAIN, { cwd: disk.folder.dir });
    expect(trainOutput(resumed.stdout)).toMatchObject({ summary: { succeeded: 6, isComplete: true } });
    expect(trainOutput(resumed.stdout).scenarios).toHaveLength(6 - done);
    expect((await journalState(disk.folder)).size).toBe(6);
  });
});
