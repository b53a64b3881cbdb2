import { describe, expect, it } from "vitest";
import { identifier, sql } from "../../../../runner/data/sql.ts";
import { Statement } from "../../../../runner/engines/duckdb/statement.ts";

describe("Statement", () => {
  it("binds every value under a name of its own", () => {
    const statement = new Statement()
      .add("select * from f(")
      .list(["a'b", "c"])
      .add(") where ")
      .identifier('x"y')
      .add(" = ")
      .keyValue("1.5", "DECIMAL(4,2)")
      .add(" and ")
      .query(sql`z = ${"w"} or ${identifier("v")} in (${[1, 2]});`, "part");
    expect(statement.text).toBe(
      `select * from f($p0, $p1) where "x""y" = cast($p2 as DECIMAL(4,2)) and (\nz = $p3 or "v" in ($p4, $p5)\n)`,
    );
    expect(statement.values).toEqual({ p0: "a'b", p1: "c", p2: "1.5", p3: "w", p4: 1, p5: 2 });
  });

  it("gives numbers, big integers and times the type that SQL would give a literal", () => {
    const statement = new Statement().query(
      sql`${1} ${3_000_000_000} ${1.5} ${5n} ${2n ** 70n} ${new Date(0)} ${null} ${true}`,
      "q",
    );
    expect(statement.text).toBe(
      "(\n$p0 cast($p1 as bigint) $p2 cast($p3 as bigint) $p4 cast($p5 as timestamptz) $p6 $p7\n)",
    );
    expect(Object.values(statement.values)).toEqual([
      1,
      3_000_000_000n,
      1.5,
      5n,
      2n ** 70n,
      "1970-01-01T00:00:00.000Z",
      null,
      true,
    ]);
  });

  it("finds a byte's place in the user's own text, behind characters of several bytes too", () => {
    const statement = new Statement()
      .add("with 'é' ")
      .query(sql`select 'ü'\n  as x`, "first")
      .userText("b = 1", "second")
      .inside("copy ", "!");
    const at = (text: string): number =>
      new TextEncoder().encode(statement.text.slice(0, statement.text.indexOf(text))).length;
    expect(statement.locate(at("select"))).toEqual({ label: "first", line: 1, character: 1 });
    expect(statement.locate(at("as x"))).toEqual({ label: "first", line: 2, character: 3 });
    expect(statement.locate(at("b = 1"))).toEqual({ label: "second", line: 1, character: 1 });
    expect(statement.locate(at("with"))).toBeNull();
  });
});
