import { randomUUID } from "node:crypto";
import type { Answer, SeenRequest } from "./scripted-server.ts";

interface FakeRun {
  info: { run_id: string; run_name: string; experiment_id: string; status: string; start_time: number } & {
    end_time?: number;
    artifact_uri: string;
    lifecycle_stage: string;
  };
  params: Map<string, string>;
  tags: Map<string, string>;
  /** All points in the order of their arrival, doubled ones too, as MLflow's file store keeps them. */
  metrics: { key: string; value: number | string; timestamp: number; step: number }[];
  inputs: unknown[];
}

/**
 * What a sync needs of an MLflow server, in memory, for faults at an exact request that a real server can't be made
 * to show. The real one is in the integration tests.
 */
export class FakeMlflow {
  readonly experiments = new Map<string, string>();
  readonly runs: FakeRun[] = [];
  readonly artifacts = new Map<string, string>();
  readonly versions: { name: string; version: string; source: string; run_id: string }[] = [];
  readonly aliases = new Map<string, string>();
  /** Where the files of runs are, up to the experiment's id. */
  artifactRoot = "mlflow-artifacts:";
  /** Params of this key are refused, as a server does with a name that it doesn't take. */
  refusedParam = "";

  /** The runs that aren't deleted. */
  get activeRuns(): FakeRun[] {
    return this.runs.filter((run) => run.info.lifecycle_stage === "active");
  }

  readonly answer = (request: SeenRequest): Answer => {
    const url = new URL(request.url, "http://fake");
    const artifact = /^\/api\/2\.0\/mlflow-artifacts\/artifacts\/(.*)$/.exec(url.pathname);
    if (artifact !== null) {
      this.artifacts.set(decodeURIComponent(artifact[1]), request.body);
      return { status: 200 };
    }
    const endpoint = url.pathname.replace("/api/2.0/mlflow/", "");
    const input = request.body === "" ? Object.fromEntries(url.searchParams) : JSON.parse(request.body);
    const handler = this.#handlers[endpoint];
    return handler === undefined ? { status: 404, text: "no such route" } : handler(input);
  };

  // biome-ignore lint/suspicious/noExplicitAny: what the client sends is what these tests look at
  readonly #handlers: Record<string, (input: any) => Answer> = {
    "experiments/get-by-name": ({ experiment_name }) => {
      const experiment_id = this.experiments.get(experiment_name);
      if (experiment_id === undefined) return failure(404, "RESOURCE_DOES_NOT_EXIST");
      return ok({ experiment: { experiment_id, name: experiment_name, creation_time: 1 } });
    },
    "experiments/create": ({ name }) => {
      if (this.experiments.has(name)) return failure(400, "RESOURCE_ALREADY_EXISTS");
      this.experiments.set(name, String(this.experiments.size + 1));
      return ok({ experiment_id: this.experiments.get(name) });
    },
    "runs/create": ({ experiment_id, run_name, start_time, tags }) => {
      const run_id = randomUUID().replaceAll("-", "");
      const info = {
        run_id,
        run_name,
        experiment_id,
        status: "RUNNING",
        start_time,
        artifact_uri: `${this.artifactRoot}/${experiment_id}/${run_id}/artifacts`,
        lifecycle_stage: "active",
      };
      this.runs.push({ info, params: new Map(), tags: asMap(tags), metrics: [], inputs: [] });
      return ok({ run: this.#json(this.#run(run_id)) });
    },
    "runs/get": ({ run_id }) => {
      const run = this.runs.find(({ info }) => info.run_id === run_id);
      return run === undefined ? failure(404, "RESOURCE_DOES_NOT_EXIST") : ok({ run: this.#json(run) });
    },
    "runs/search": ({ filter }) => {
      const startTime = /^attributes\.start_time = (\d+)$/.exec(filter)?.[1];
      if (startTime !== undefined) {
        const begun = this.activeRuns.filter(({ info }) => info.start_time === Number(startTime));
        return ok({ runs: begun.map((run) => this.#json(run)) });
      }
      const [, key, operator, value] = /^tags\.`([^`]+)` (=|LIKE) '([^']*)'$/.exec(filter) ?? [];
      const found = this.activeRuns.filter(({ tags }) => (operator === "=" ? tags.get(key) === value : tags.has(key)));
      return ok({ runs: found.map((run) => this.#json(run)) });
    },
    "runs/log-batch": ({ run_id, metrics, params, tags }) => {
      const run = this.#run(run_id);
      for (const { key, value } of params) {
        const isOther = run.params.has(key) && run.params.get(key) !== value;
        if (isOther || key === this.refusedParam) return failure(400, "INVALID_PARAMETER_VALUE");
      }
      run.metrics.push(...metrics);
      for (const { key, value } of params) run.params.set(key, value);
      for (const { key, value } of tags) run.tags.set(key, value);
      return ok({});
    },
    "runs/log-inputs": ({ run_id, datasets }) => {
      this.#run(run_id).inputs = datasets;
      return ok({});
    },
    "runs/update": ({ run_id, status, end_time }) => {
      Object.assign(this.#run(run_id).info, { status, end_time });
      return ok({});
    },
    "runs/delete": ({ run_id }) => {
      this.#run(run_id).info.lifecycle_stage = "deleted";
      return ok({});
    },
    "metrics/get-history": ({ run_id, metric_key }) =>
      ok({ metrics: this.#run(run_id).metrics.filter(({ key }) => key === metric_key) }),
    "registered-models/create": ({ name }) => ok({ registered_model: { name } }),
    "model-versions/search": ({ filter }) =>
      ok({ model_versions: this.versions.filter(({ run_id }) => filter === `run_id = '${run_id}'`) }),
    "model-versions/create": ({ name, source, run_id }) => {
      const version = String(this.versions.filter((other) => other.name === name).length + 1);
      this.versions.push({ name, version, source, run_id });
      return ok({ model_version: this.versions.at(-1) });
    },
    "registered-models/alias": ({ name, alias, version }) => {
      this.aliases.set(`${name}@${alias}`, version);
      return ok({});
    },
  };

  #run(runId: string): FakeRun {
    const run = this.runs.find(({ info }) => info.run_id === runId);
    if (run === undefined) throw new Error(`no run ${runId}`);
    return run;
  }

  #json({ info, params, tags, metrics, inputs }: FakeRun): unknown {
    const list = (map: Map<string, string>) => [...map].map(([key, value]) => ({ key, value }));
    return { info, data: { params: list(params), tags: list(tags), metrics }, inputs: { dataset_inputs: inputs } };
  }
}

function asMap(list: readonly { key: string; value: string }[]): Map<string, string> {
  return new Map(list.map(({ key, value }) => [key, value]));
}

function ok(json: unknown): Answer {
  return { status: 200, json };
}

function failure(status: number, error_code: string): Answer {
  return { status, json: { error_code, message: error_code } };
}
