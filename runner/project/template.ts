import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ProjectError } from "./project-error.ts";

/** What a new project is about; left out, it is an example with made-up data that trains at once. */
export interface TemplateOptions {
  /** A Parquet or CSV file, relative to the new project or absolute. */
  readonly data?: string;
  readonly scenarioKey: readonly string[];
  readonly time?: string;
  readonly target: string;
  readonly horizon: number;
}

export const exampleOptions: TemplateOptions = { scenarioKey: ["shop"], time: "day", target: "visitors", horizon: 7 };

/**
 * Writes a new project. Nothing that is there is overwritten.
 *
 * @throws ProjectError `PROJECT_EXISTS` when the folder holds anything already.
 */
export async function writeTemplate(dir: string, options: TemplateOptions): Promise<string[]> {
  if (!(await isFree(dir))) {
    throw new ProjectError(
      "PROJECT_EXISTS",
      `${dir} is there already and not empty; give \`scenario init\` a new folder`,
    );
  }
  const name = basename(dir);
  const files: Record<string, string> = {
    "scenario.config.ts": configFile(name),
    "data.ts": dataFile(options),
    "pipeline.ts": pipelineFile,
    "package.json": `${JSON.stringify({ name: packageName(name), private: true, type: "module" }, null, 2)}\n`,
    "tsconfig.json": tsconfigFile,
    ".gitignore": "node_modules/\n.scenario/\nmlruns/\n",
    ...(options.data === undefined ? { "data/visitors.csv": exampleData() } : {}),
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content, { flag: "wx" });
  }
  return Object.keys(files);
}

/** Nothing there yet, or a folder with nothing in it but git's own. */
async function isFree(dir: string): Promise<boolean> {
  try {
    return (await readdir(dir)).every((name) => name === ".git");
  } catch (error) {
    // Else it is a file, or a folder that may not be read.
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}

/** npm's rules for names: lower case, no spaces. */
function packageName(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/g, "-")
      .replace(/^[._-]+/, "") || "scenario-project"
  );
}

const configFile = (name: string) => `import { defineProject } from "scenario-runner";
import { ProjectData } from "./data.ts";
import { ProjectPipeline } from "./pipeline.ts";

export default defineProject({
  name: ${JSON.stringify(name)},
  data: ProjectData,
  pipeline: ProjectPipeline,
});
`;

function dataFile({ data, scenarioKey, time, target, horizon }: TemplateOptions): string {
  const path = data ?? "data/visitors.csv";
  const reader = path.toLowerCase().endsWith(".csv") || path.toLowerCase().endsWith(".csv.gz") ? "csv" : "parquet";
  const timeLine = time === undefined ? "" : `  override time = ${JSON.stringify(time)};\n`;
  const horizonLine =
    time === undefined
      ? ""
      : `  /** Steps between the last known target and a row to be predicted. */\n  override horizon = ${horizon};\n`;
  return `import { Data, ${reader}, sql } from "scenario-runner";

export class ProjectData extends Data {
  override streams = { rows: ${reader}(${JSON.stringify(path)}) };
  override scenarioKey = [${scenarioKey.map((column) => JSON.stringify(column)).join(", ")}];
${timeLine}  override target = ${JSON.stringify(target)};
${horizonLine}
  /** Join, filter and compute as you like; columns that are known only afterwards must stay out. */
  override trainingMaster() {
    return sql\`select * from rows\`;
  }

  // Rows to predict, with the same columns; without the target, or with it missing:
  // override predictionMaster() {
  //   return sql\`select * from ...\`;
  // }
}
`;
}

const pipelineFile = `import { Pipeline } from "scenario-runner";

/**
 * The defaults make a model. Override any stage, and call \`super\` for the rest: prepareData, selectFeatures, makePipeline,
 * searchSpace, tuneHyperparams, computeMetrics, kpis, logRun, predict.
 */
export class ProjectPipeline extends Pipeline {
  /** Business figures of the test rows, logged beside the metrics. */
  override kpis(actual: Float64Array, predicted: Float64Array) {
    let total = 0;
    for (let row = 0; row < actual.length; row++) total += predicted[row] - actual[row];
    return { too_many: total };
  }
}
`;

// \`.scenario/tsconfig.json\` is written by every \`scenario\` command and tells where the runner's types are.
const tsconfigFile = `{
  "extends": "./.scenario/tsconfig.json",
  "include": ["*.ts"]
}
`;

/** Made-up visitors of six shops: a level, a weekly rhythm and a little noise that is the same every time. */
function exampleData(): string {
  const lines = ["shop,day,promotion,visitors"];
  const shops = ["north", "south", "east", "west", "harbour", "station"];
  for (const [number, shop] of shops.entries()) {
    for (let day = 0; day < 180; day++) {
      const date = new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10);
      const promotion = (day + 3 * number) % 17 < 2 ? 1 : 0;
      const noise = ((day * 7919 + number * 104_729) % 97) / 97 - 0.5;
      const visitors =
        (80 + 30 * number) * (1 + 0.3 * Math.sin((2 * Math.PI * day) / 7) + 0.4 * promotion + 0.1 * noise);
      lines.push(`${shop},${date},${promotion},${Math.round(visitors)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}
