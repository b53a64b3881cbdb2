import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifier, isSqlQuery, quoteIdentifier, type SqlQuery, sql, sqlText } from "../../../runner/data/sql.ts";

describe("sql", () => {
  it("puts values apart from the text, in order", () => {
    const query = sql`select * from t where a = ${"x'; drop table t"} and b > ${1.5} and c = ${true} and d is ${null}`;
    expect(sqlText(query)).toBe("select * from t where a = $1 and b > $2 and c = $3 and d is $4");
    expect(query.parameters).toEqual(["x'; drop table t", 1.5, true, null]);
  });

  it("puts fragments in place and numbers their parameters with the others", () => {
    const where = sql`week between ${1} and ${2}`;
    const query = sql`select ${0} from t where ${where} and ${sql`brand = ${3}`}`;
    expect(sqlText(query)).toBe("select $1 from t where week between $2 and $3 and brand = $4");
    expect(query.parameters).toEqual([0, 1, 2, 3]);
  });

  it("makes a list of values a list of parameters, and an empty one a list that holds nothing", () => {
    expect(sqlText(sql`a in (${["x", "y"]})`)).toBe("a in ($1, $2)");
    expect(sqlText(sql`a in (${[]})`)).toBe("a in (null)");
  });

  it("quotes identifiers, whatever they hold", () => {
    expect(sqlText(sql`select ${identifier('a "b"')} from ${identifier("cat", "t")}`)).toBe(
      'select "a ""b""" from "cat"."t"',
    );
  });

  it("carries large integers and dates as exact text", () => {
    const query = sql`${2n ** 63n} ${new Date("2024-01-31T12:00:00Z")}`;
    expect(query.parameters).toEqual([{ integer: "9223372036854775808" }, { timestamp: "2024-01-31T12:00:00.000Z" }]);
  });

  it.each([undefined, Number.NaN, Infinity, { a: 1 }, new Date(Number.NaN), Symbol("s")])(
    "refuses %s as a value",
    (value) => {
      expect(() => sql`select ${value as never}`).toThrow(TypeError);
    },
  );

  it("is plain JSON", () => {
    const query = sql`select ${1n} from ${identifier("t")} where ${sql`x in (${["a", null]})`}`;
    const read: unknown = JSON.parse(JSON.stringify(query));
    expect(isSqlQuery(read)).toBe(true);
    expect(read).toEqual(query);
  });

  it("never lets a value into the text, however queries are nested", () => {
    const value = fc.oneof(fc.string({ minLength: 3 }), fc.integer(), fc.boolean());
    const nested = fc.letrec<{ query: SqlQuery }>((tie) => ({
      query: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        value.map((one) => sql`(x = ${one})`),
        fc.tuple(tie("query"), tie("query")).map(([a, b]) => sql`(${a} and ${b})`),
      ),
    })).query;
    fc.assert(
      fc.property(nested, (query) => {
        const text = sqlText(query);
        expect(text).toMatch(/^[x=$0-9and() ]*$/);
        expect(text.match(/\$\d+/g)).toEqual(query.parameters.map((_, index) => `$${index + 1}`));
      }),
    );
  });
});

describe("quoteIdentifier", () => {
  it("doubles quotes, so that a name cannot end itself", () => {
    expect(quoteIdentifier('x" from secrets; --')).toBe('"x"" from secrets; --"');
  });
});
