import { describe, expect, it } from "vitest";
import { Data } from "../../../runner/data/data.ts";
import { DataDefinitionError } from "../../../runner/data/data-errors.ts";
import { dataDescriptionSchema, describeData } from "../../../runner/data/description.ts";
import { duckdb, engineSpecSchema } from "../../../runner/data/engines.ts";
import { type SqlQuery, sql } from "../../../runner/data/sql.ts";
import { csv, parquet, query, type StreamSpec, streamPlace, table } from "../../../runner/data/streams.ts";

class SalesData extends Data {
  streams: Record<string, StreamSpec> = { sales: parquet("data/sales.parquet"), stores: csv("data/stores.csv") };
  scenarioKey: string | string[] = ["store", "brand"];
  override time = "week";
  target = "logmove";
  override horizon = 4;
  trainingMaster(): SqlQuery {
    return sql`select * from sales join stores using (store) where week >= ${40}`;
  }
}

/** A correct declaration with one field changed, as a user's plain JavaScript could have it. */
function changed(fields: Record<string, unknown>): Data {
  return Object.assign(new SalesData(), fields);
}

describe("describeData", () => {
  it("reads a class into plain JSON", () => {
    const description = describeData(new SalesData());
    expect(JSON.parse(JSON.stringify(description))).toEqual({
      className: "SalesData",
      streams: {
        sales: { kind: "parquet", path: "data/sales.parquet" },
        stores: { kind: "csv", path: "data/stores.csv", options: {} },
      },
      scenarioKey: ["store", "brand"],
      time: "week",
      target: "logmove",
      horizon: 4,
      task: null,
      step: null,
      seasonLength: 1,
      trainingMaster: {
        kind: "sql",
        pieces: ["select * from sales join stores using (store) where week >= ", ""],
        parameters: [40],
      },
      predictionMaster: null,
    });
    expect(dataDescriptionSchema.parse(JSON.parse(JSON.stringify(description)))).toEqual(description);
  });

  it("takes a single key column as text, and fills in what is left out", () => {
    class Meters extends Data {
      streams = { m: table("cat.db.t"), late: query(sql`select * from m`) };
      scenarioKey = "meter";
      target = "kwh";
      trainingMaster = () => sql`select * from m`;
      override predictionMaster = () => sql`select * from late`;
    }
    const description = describeData(new Meters());
    expect(description.scenarioKey).toEqual(["meter"]);
    expect(description).toMatchObject({ time: null, horizon: 1, task: null, step: null });
    expect(description.predictionMaster?.pieces).toEqual(["select * from late"]);
  });

  it.each<[Record<string, unknown>, string, RegExp]>([
    [{ scenarioKey: [] }, "scenarioKey", /names no column/],
    [{ scenarioKey: undefined }, "scenarioKey", /must be a column's name or a list/],
    [{ scenarioKey: ["store", "Store"] }, "scenarioKey", /names "Store" twice/],
    [{ scenarioKey: ["store", 3] }, "scenarioKey.1", /must be a column's name/],
    [{ target: "" }, "target", /must not be empty/],
    [{ target: undefined }, "target", /must be a column's name/],
    [{ target: "store" }, "target", /is part of the scenario key/],
    [{ time: "brand" }, "time", /is part of the scenario key/],
    [{ target: "week" }, "target", /is the time column/],
    [{ horizon: 0 }, "horizon", /must be 1 or more/],
    [{ horizon: 1.5 }, "horizon", /must be a whole number of time steps/],
    [{ seasonLength: 0 }, "seasonLength", /must be 1 or more/],
    [{ step: -1 }, "step", /must be above 0/],
    [{ task: "ranking" }, "task", /must be "regression", "binary" or "multiclass"/],
    [{ streams: "data" }, "streams", /must be an object of named streams/],
    [{ streams: { sales: "data/sales.parquet" } }, "streams.sales", /must be made by parquet/],
    [
      { streams: { sales: csv("x.csv", { seperator: ";" } as never) } },
      "streams.sales.options",
      /has no option seperator/,
    ],
    [{ streams: { sales: csv("x.csv", { header: 1 } as never) } }, "streams.sales.options.header", /must be a boolean/],
    [{ streams: { a: parquet("x"), A: parquet("y") } }, "streams.A", /declared twice/],
    [{ trainingMaster: () => "select 1" }, "trainingMaster()", /must return sql`...`/],
    [
      {
        trainingMaster: () => {
          throw new Error("no such season");
        },
      },
      "trainingMaster()",
      /failed: no such season/,
    ],
  ])("refuses %j, naming SalesData.%s", (fields, field, message) => {
    let error: unknown;
    try {
      describeData(changed(fields));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DataDefinitionError);
    expect(error).toMatchObject({ className: "SalesData", field });
    expect(String(error)).toMatch(message);
    expect(String(error)).toContain(`SalesData.${field}`);
  });

  it("refuses what is not a Data class", () => {
    expect(() => describeData({ streams: {} } as never)).toThrow(DataDefinitionError);
  });
});

describe("streams and engines", () => {
  it("say their place as a person would", () => {
    expect([parquet("a/*.parquet"), table("c.d.t"), query(sql`select 1`)].map(streamPlace)).toEqual([
      "a/*.parquet",
      "table c.d.t",
      "a query",
    ]);
  });

  it("check the engine's options", () => {
    expect(engineSpecSchema.parse(duckdb({ memoryLimit: "2GB", threads: 2 }))).toEqual(
      duckdb({ memoryLimit: "2GB", threads: 2 }),
    );
    expect(engineSpecSchema.safeParse(duckdb({ memoryLimit: "much" })).success).toBe(false);
    expect(engineSpecSchema.safeParse(duckdb({ threads: 0 })).success).toBe(false);
  });
});
