/**
 * The executor: hosts one project's bundle and answers frames. The bundle's entry imports this module first, then the
 * user's config, then calls {@link hostProject}; so an error while the config loads is answered too.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as z from "zod/mini";
import { Data } from "../data/data.ts";
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
import { type ProjectDescription, projectDescriptionSchema, type Request, requestSchema } from "./protocol.ts";
import { type Hosted, predictOne, trainOne } from "./scenario-work.ts";

const output = claimStandardOutput();

interface Place {
  readonly request: number;
  readonly index: number;
  readonly numRows: number;
}

/** The scenario at work. */
let current: Place | null = null;
/** The scenario whose code runs: also that of a timer or a promise which it left behind. */
const running = new AsyncLocalStorage<Place>();
let isEnding = false;

/** An error that no `catch` saw: a timer's, a rejected promise nobody waits for. */
async function uncaught(thrown: unknown): Promise<void> {
  const culprit = running.getStore() ?? current;
  const failure = describeFailure(thrown, null);
  if (culprit !== null && culprit !== current) {
    // Its scenario has been answered, and the one at work is none the worse for it.
    console.error(`after its scenario was finished: ${failure.stack || failure.message}`);
    return;
  }
  if (isEnding) return;
  isEnding = true;
  if (current === null) await output.send({ type: "broken", failure });
  else await output.send({ type: "result", ...current, status: "failed", stages: [], warnings: [], failure });
  process.exit(1);
}
// A terminal's Ctrl-C reaches every process; it is the host that decides what becomes of the scenario at work.
process.on("SIGINT", () => {});
process.on("uncaughtException", (error) => void uncaught(error));
process.on("unhandledRejection", (reason) => void uncaught(reason));

/** Answers requests until standard input ends. @param exported what `scenario.config.ts` exports by default. */
export async function hostProject(exported: unknown): Promise<void> {
  const project = asProject(exported);
  const description = describeProject(project);
  const hosted: Hosted = { pipeline: project.pipeline, seed: project.seed, columns: description.data };
  await output.send({ type: "ready", project: description });
  // Only now: a thread takes tens of milliseconds, which would delay every start.
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
    exported.pipeline instanceof Pipeline &&
    "data" in exported &&
    exported.data instanceof Data
  ) {
    return exported as Project;
  }
  throw new ProjectDefinitionError(
    "scenario.config.ts must export a project by default: `export default defineProject({ name, data, pipeline })`",
  );
}

/** @throws ProjectDefinitionError for a setting of the wrong kind: a project is bundled without a type check. */
function describeProject(project: Project): ProjectDescription {
  const { name, engine, tracking, seed, limits } = project;
  // As it will arrive: what is set to `undefined` is not set.
  const sent: unknown = JSON.parse(
    JSON.stringify({ name, data: describeData(project.data), engine, tracking, seed, limits }),
  );
  const described = projectDescriptionSchema.safeParse(sent);
  if (!described.success) throw new ProjectDefinitionError(`defineProject: ${z.prettifyError(described.error)}`);
  return described.data;
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
    await output.send({ type: "started", request: request.id, index });
    const work = {
      scenario: { id, key },
      rows: table.slice(start, end),
      numThreads: request.numThreads,
      listen: stageReporter(request, index),
    };
    const place: Place = { request: request.id, index, numRows: end - start };
    current = place;
    const { header, files } = await running.run(place, async () => {
      const result = await (request.type === "train" ? trainOne(hosted, work) : predictOne(hosted, work, model));
      // A turn of the event loop, so that a rejection which nobody handles is still this scenario's failure.
      await nextTurn();
      return result;
    });
    if (isEnding) await new Promise(() => {});
    current = null;
    await output.send({ type: "result", ...place, ...header }, ...files);
  }
}

function stageReporter(request: Request, index: number): StageListener {
  if (!request.stages) return () => {};
  return (event) => {
    const { ms, size } = event.phase === "end" ? event : { ms: null, size: null };
    void output.send({ type: "stage", request: request.id, index, stage: event.stage, phase: event.phase, ms, size });
  };
}
