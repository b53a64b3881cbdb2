import { describe, expect, it } from "vitest";
import { PredictionTable } from "../../../runner/runs/prediction-table.ts";
import { categoricalOf, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";

describe("predictions of many scenarios", () => {
  const table = () => {
    const predictions = new PredictionTable();
    predictions.append(
      new Table([
        ["shop", categoricalOf(["A, B", null])],
        ["day", numeric(Float64Array.of(0, 20_000), "date")],
        ["prediction", numeric(Float64Array.of(1.5, Number.NaN))],
      ]),
    );
    predictions.append(
      new Table([
        ["shop", categoricalOf(['say "hi"'])],
        ["day", numeric(Float64Array.of(1), "date")],
        ["prediction", numeric(Float64Array.of(-0.1))],
        ["probability_yes", numeric(Float64Array.of(0.25))],
      ]),
    );
    return predictions;
  };

  it("are CSV by RFC 4180, with what a scenario lacks left empty", () => {
    expect(table().toCsv()).toBe(
      [
        "shop,day,prediction,probability_yes",
        '"A, B",1970-01-01,1.5,',
        ",2024-10-04,,",
        '"say ""hi""",1970-01-02,-0.1,0.25',
        "",
      ].join("\r\n"),
    );
  });

  it("are counted, and begin and end as a Parquet file does", () => {
    const predictions = table();
    expect(predictions.numRows).toBe(3);
    const bytes = Buffer.from(predictions.toParquet());
    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(["PAR1", "PAR1"]);
  });
});
