/**
 * The executor: hosts one project's bundle and answers frames. The bundle's entry imports this module first, then the
 * user's config, then calls {@link hostProject}; so an error while the config loads is answered too.
 */
import { describeData } from "../data/description.ts";
import { splitScenarios } from "../data/scenario-split.ts";
import { type Project, ProjectDefinitionError } from "../pipeline/define-project.ts";
import { describeFailure } from "../pipeline/failure.ts";
import { Pipeline } from "../pipeline/pipeline.ts";
import type { StageListener } from "../pipeline/train-scenario.ts";
import { arrowFromIpc, tableFromArrow } from "../table/arrow.ts";
import { type Frame, readFrames } from "./frames.ts";
import { claimStandardOutput } from "./output.ts";
import { exitWithParent } from "./parent-watch.ts";
import { type ProjectDescription, type Request, requestSchema } from "./protocol.ts";
import { type Hosted, predictOne, trainOne } from "./scenario-work.ts";

const output = claimStandardOutput();

/** The scenario at work, for errors that no `catch` sees (a timer's, a rejected promise nobody waits for). */
let current: { request: number; index: number; numRows: number } | null = null;

async function fatal(thrown: unknown): Promise<never> {
  const failure = describeFailure(thrown, null);
  if (current === null) await output.send({ type: "broken", failure });
  else await output.send({ type: "result", ...current, status: "failed", stages: [], warnings: [], failure });
  process.exit(1);
}
process.on("uncaughtException", (error) => void fatal(error));
process.on("unhandledRejection", (reason) => void fatal(reason));

/** Answers requests until standard input ends. @param exported what `scenario.config.ts` exports by default. */
export async function hostProject(exported: unknown): Promise<void> {
  const project = asProject(exported);
  const description = describeProject(project);
  const hosted: Hosted = { pipeline: project.pipeline, seed: project.seed, columns: description.data };
  await output.send({ type: "ready", project: description });
  exitWithParent();
  for await (const frame of readFrames(process.stdin)) {
    const request = requestSchema.parse(frame.header);
    await answer(hosted, request, frame);
    await output.send({ type: "done", request: request.id });
  }
  process.exit(0);
}

function asProject(exported: unknown): Project {
  if (
    typeof exported === "object" &&
    exported !== null &&
    "pipeline" in exported &&
    exported.pipeline instanceof Pipeline
  ) {
    return exported as Project;
  }
  throw new ProjectDefinitionError(
    "scenario.config.ts must export a project by default: `export default defineProject({ name, data, pipeline })`",
  );
}

function describeProject(project: Project): ProjectDescription {
  const { name, engine, tracking, seed, limits } = project;
  return { name, data: describeData(project.data), engine, tracking, seed, limits };
}

/** Every scenario of the batch, one after the other; whatever goes wrong in one is its own result. */
async function answer(hosted: Hosted, request: Request, { body }: Frame): Promise<void> {
  const batch = arrowFromIpc(body.subarray(0, request.rowsBytes));
  const table = tableFromArrow(batch);
  let modelStart = request.rowsBytes;
  for (const [index, { id, key, start, end }] of splitScenarios(batch, hosted.columns.scenarioKey).entries()) {
    const modelEnd = modelStart + (request.type === "predict" ? request.modelBytes[index] : 0);
    const model = body.subarray(modelStart, modelEnd);
    modelStart = modelEnd;
    if (index < request.skip) continue;
    current = { request: request.id, index, numRows: end - start };
    await output.send({ type: "started", request: request.id, index });
    const work = {
      scenario: { id, key },
      rows: table.slice(start, end),
      numThreads: request.numThreads,
      listen: stageReporter(request, index),
    };
    const { header, files } =
      request.type === "train" ? await trainOne(hosted, work) : await predictOne(hosted, work, model);
    await output.send({ type: "result", ...current, ...header }, ...files);
    current = null;
  }
}

function stageReporter(request: Request, index: number): StageListener {
  if (!request.stages) return () => {};
  return (event) => {
    const ms = event.phase === "end" ? event.ms : null;
    void output.send({ type: "stage", request: request.id, index, stage: event.stage, phase: event.phase, ms });
  };
}
