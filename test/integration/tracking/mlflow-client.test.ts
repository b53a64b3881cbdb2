import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MlflowClient } from "../../../runner/tracking/mlflow-client.ts";
import type { Run } from "../../../runner/tracking/mlflow-schemas.ts";
import { MlflowServer } from "../../setup/mlflow-server.ts";
import { readWithPython } from "./python-client.ts";

let folder: string;
let server: MlflowServer;
let client: MlflowClient;
let experimentId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mlflow-client-"));
  server = await MlflowServer.start();
  client = await MlflowClient.connect({ kind: "server", uri: server.uri }, {});
  experimentId = await client.createExperiment("client é", { tags: [{ key: "team", value: "demand" }] });
});
afterAll(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

let runs = 0;
function newRun(experiment = experimentId): Promise<Run> {
  const runName = `run ${runs++}`;
  return client.createRun({ experimentId: experiment, runName, startTimeMs: 1000 + runs, userId: "me" });
}

describe("experiments", () => {
  test("are found by name and id, with their tags", async () => {
    const experiment = await client.getExperimentByName("client é");
    expect(experiment).toMatchObject({ experiment_id: experimentId, lifecycle_stage: "active" });
    expect(experiment.tags).toContainEqual({ key: "team", value: "demand" });
    expect(await client.getExperiment(experimentId)).toEqual(experiment);
  });

  test("are made once, and those that are not there are said so", async () => {
    await expect(client.createExperiment("client é")).rejects.toMatchObject({
      errorCode: "RESOURCE_ALREADY_EXISTS",
      status: 400,
    });
    await expect(client.getExperimentByName("other")).rejects.toMatchObject({ errorCode: "RESOURCE_DOES_NOT_EXIST" });
  });

  test("are searched page by page; deleted ones are found when asked for", async () => {
    const id = await client.createExperiment("deleted");
    await client.deleteExperiment(id);
    const names = async (search: Parameters<MlflowClient["searchExperiments"]>[0]) => {
      const found: string[] = [];
      for await (const experiment of client.searchExperiments({ ...search, pageSize: 1 })) found.push(experiment.name);
      return found;
    };
    expect(await names({ orderBy: ["name ASC"] })).toEqual(["Default", "client é"]);
    expect(await names({ viewType: "DELETED_ONLY" })).toEqual(["deleted"]);
  });
});

describe("runs", () => {
  test("keep what is logged, as MLflow's own client reads it", async () => {
    const experiment = await client.createExperiment("read back");
    const { info } = await newRun(experiment);
    await client.logBatch(info.run_id, {
      params: [{ key: "trees", value: "100" }],
      tags: [{ key: "note", value: "two\nlines" }],
      metrics: [
        { key: "wape", value: 0.25, timestamp: 5, step: 0 },
        { key: "wape", value: 0.125, timestamp: 6, step: 1 },
        { key: "none", value: Number.NaN, timestamp: 5, step: 0 },
        { key: "most", value: Number.POSITIVE_INFINITY, timestamp: 5, step: 0 },
      ],
    });
    await client.setTag(info.run_id, "team", "demand");
    const dataset = { name: "master", digest: "d1", source_type: "local", source: "{}", schema: "{}" };
    await client.logInputs(info.run_id, [{ tags: [{ key: "mlflow.data.context", value: "training" }], dataset }]);
    await client.updateRun(info.run_id, { status: "FINISHED", endTimeMs: 9000 });
    const view = await readWithPython(server.uri, "read back");
    expect(view.runs).toMatchObject([
      {
        runId: info.run_id,
        status: "FINISHED",
        end: 9000,
        params: { trees: "100" },
        history: {
          wape: [
            [0, "0.25", 5],
            [1, "0.125", 6],
          ],
          none: [[0, "nan", 5]],
          most: [[0, "1.7976931348623157e+308", 5]],
        },
        inputs: [{ name: "master", digest: "d1", context: "training" }],
      },
    ]);
    expect(view.runs[0].tags).toMatchObject({ note: "two\nlines", team: "demand" });
  });

  test("are found by their start time", async () => {
    const experiment = await client.createExperiment("start times");
    for (const startTimeMs of [1_700_000_000_001, 1_700_000_000_002]) {
      await client.createRun({ experimentId: experiment, runName: "a", startTimeMs });
    }
    const found: number[] = [];
    const search = { experimentIds: [experiment], filter: "attributes.start_time = 1700000000002" };
    for await (const run of client.searchRuns(search)) found.push(run.info.start_time);
    expect(found).toEqual([1_700_000_000_002]);
  });

  test("take more than one request may carry, with nothing lost", async () => {
    const { info } = await newRun();
    const items = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: `v${index}` }));
    const metrics = Array.from({ length: 2500 }, (_, step) => ({
      key: "loss",
      value: step / 2,
      timestamp: step,
      step,
    }));
    await client.logBatch(info.run_id, { params: items(250), tags: items(150), metrics });
    const { data } = await client.getRun(info.run_id);
    expect(data.params).toHaveLength(250);
    expect(data.tags.filter((tag) => tag.key.startsWith("k"))).toHaveLength(150);
    const history = await client.getMetricHistory(info.run_id, "loss");
    expect(history.map((point) => point.value)).toEqual(metrics.map((point) => point.value));
    const thinned = await client.getMetricHistoryBulkInterval([info.run_id], "loss", {
      steps: { start: 100, end: 2000 },
      maxResults: 10,
    });
    expect(thinned[0]).toMatchObject({ run_id: info.run_id, step: 100, value: 50 });
    expect(thinned.at(-1)).toMatchObject({ step: 2000 });
    expect(thinned.length).toBeLessThan(30);
  });

  test("keep their params: another value is refused, the same one is not", async () => {
    const { info } = await newRun();
    await client.logBatch(info.run_id, { params: [{ key: "alpha", value: "1" }] });
    await client.logBatch(info.run_id, { params: [{ key: "alpha", value: "1" }] });
    const changing = client.logBatch(info.run_id, { params: [{ key: "alpha", value: "2" }] });
    await expect(changing).rejects.toMatchObject({ status: 400, isTransient: false });
  });

  test("are searched by filter and order, page by page", async () => {
    const experiment = await client.createExperiment("search");
    for (let index = 0; index < 5; index++) {
      const { info } = await newRun(experiment);
      await client.logBatch(info.run_id, {
        tags: [{ key: "kind.of", value: index % 2 === 0 ? "even" : "odd" }],
        metrics: [{ key: "m", value: index, timestamp: 0, step: 0 }],
      });
    }
    const search = { experimentIds: [experiment], orderBy: ["metrics.m DESC"], pageSize: 2 };
    const values: number[] = [];
    for await (const run of client.searchRuns({ ...search, filter: "tags.`kind.of` = 'even'" })) {
      values.push(run.data.metrics[0].value);
    }
    expect(values).toEqual([4, 2, 0]);
  });

  test("are deleted and restored", async () => {
    const { info } = await newRun();
    await client.deleteRun(info.run_id);
    expect((await client.getRun(info.run_id)).info.lifecycle_stage).toBe("deleted");
    await client.restoreRun(info.run_id);
    expect((await client.getRun(info.run_id)).info.lifecycle_stage).toBe("active");
  });
});

describe("artifacts", () => {
  test("go up and down whole, from bytes and from a large file", async () => {
    const { info } = await newRun();
    const large = join(folder, "large.bin");
    const bytes = Buffer.alloc(20_000_000, "0123456789");
    await writeFile(large, bytes);
    await client.artifacts.uploadArtifact(info, "tables/ü b+c.json", Buffer.from("[1]"));
    await client.artifacts.uploadArtifact(info, "model/large.bin", large);
    await client.artifacts.uploadArtifact(info, "empty.txt", new Uint8Array());
    expect(await client.artifacts.listArtifacts(info.run_id)).toEqual([
      { path: "empty.txt", is_dir: false, file_size: 0 },
      expect.objectContaining({ path: "model", is_dir: true }),
      expect.objectContaining({ path: "tables", is_dir: true }),
    ]);
    const target = join(folder, "down");
    const paths = await client.artifacts.downloadArtifacts(info, target);
    expect(paths.sort()).toEqual(["empty.txt", "model/large.bin", "tables/ü b+c.json"]);
    expect(await readFile(join(target, "tables/ü b+c.json"), "utf8")).toBe("[1]");
    expect((await readFile(join(target, "model/large.bin"))).equals(bytes)).toBe(true);
    expect(Buffer.from(await client.artifacts.readArtifact(info, "tables/ü b+c.json")).toString()).toBe("[1]");
  });

  test("that aren't there leave no file behind", async () => {
    const { info } = await newRun();
    const target = join(folder, "missing.txt");
    await expect(client.artifacts.downloadArtifact(info, "missing.txt", target)).rejects.toMatchObject({ status: 404 });
    await expect(stat(target)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("are deleted", async () => {
    const { info } = await newRun();
    await client.artifacts.uploadArtifact(info, "a.txt", Buffer.from("a"));
    await client.artifacts.deleteArtifact(info, "a.txt");
    expect(await client.artifacts.listArtifacts(info.run_id)).toEqual([]);
  });
});

describe("the registry", () => {
  test("has models, versions of runs, and aliases", async () => {
    const { info } = await newRun();
    const { registry } = client;
    expect((await registry.createRegisteredModel("demand")).name).toBe("demand");
    await expect(registry.createRegisteredModel("demand")).rejects.toMatchObject({
      errorCode: "RESOURCE_ALREADY_EXISTS",
    });
    const source = `${info.artifact_uri}/model`;
    const version = await registry.createModelVersion({ name: "demand", source, runId: info.run_id });
    await registry.setModelVersionTag("demand", version.version, "kind", "blend");
    await registry.setRegisteredModelAlias("demand", "champion", version.version);
    const found = await registry.getModelVersionByAlias("demand", "champion");
    expect(found).toMatchObject({ name: "demand", version: "1", run_id: info.run_id, source });
    expect(found.tags).toEqual([{ key: "kind", value: "blend" }]);
    expect((await registry.getRegisteredModel("demand")).aliases).toEqual([{ alias: "champion", version: "1" }]);
    const versions = [];
    for await (const each of registry.searchModelVersions({ filter: "name = 'demand'" })) versions.push(each.version);
    expect(versions).toEqual(["1"]);
    const models = [];
    for await (const each of registry.searchRegisteredModels()) models.push(each.name);
    expect(models).toEqual(["demand"]);
    await registry.deleteRegisteredModelAlias("demand", "champion");
    await expect(registry.getModelVersionByAlias("demand", "champion")).rejects.toMatchObject({ status: 400 });
  });
});
