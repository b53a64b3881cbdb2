import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sourceTags } from "../../../runner/runs/source-tags.ts";

describe("the tags of a run's source", () => {
  let folder: string;
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "source-tags-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function commit(): string {
    git("init", "--quiet");
    writeFileSync(join(folder, "pipeline.ts"), "1\n");
    git("add", ".");
    git("-c", "user.name=t", "-c", "user.email=t@example.invalid", "commit", "--quiet", "-m", "first");
    return git("rev-parse", "HEAD");
  }

  it("name the commit", async () => {
    const head = commit();
    expect(await sourceTags(folder, [])).toMatchObject({
      "mlflow.source.git.commit": head,
      "mlflow.source.name": folder,
    });
  });

  it("say so when the project's files differ from the commit", async () => {
    const head = commit();
    writeFileSync(join(folder, "pipeline.ts"), "2\n");
    expect((await sourceTags(folder, []))["mlflow.source.git.commit"]).toBe(`${head}-dirty`);
  });

  it("take what runs write for no change", async () => {
    const head = commit();
    mkdirSync(join(folder, "mlruns"));
    writeFileSync(join(folder, "mlruns", "run"), "");
    expect((await sourceTags(folder, [join(folder, "mlruns")]))["mlflow.source.git.commit"]).toBe(head);
    expect((await sourceTags(folder, ["/elsewhere"]))["mlflow.source.git.commit"]).toBe(`${head}-dirty`);
  });

  it("do without git", async () => {
    expect(await sourceTags(folder, [])).not.toHaveProperty("mlflow.source.git.commit");
  });
});
