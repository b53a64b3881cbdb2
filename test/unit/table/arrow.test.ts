import {
  Table as ArrowTable,
  Binary,
  Bool,
  DateDay,
  DateMillisecond,
  Decimal,
  Dictionary,
  DurationSecond,
  Field,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  LargeUtf8,
  List,
  makeVector,
  Null,
  Struct,
  TimeMillisecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  tableFromIPC,
  tableToIPC,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrowFromTable, tableFromArrow, tableFromIpc, tableToIpc } from "../../../runner/table/arrow.ts";
import { type Column, categorical, categoricalOf, cell, columnLength, numeric } from "../../../runner/table/column.ts";
import { Table } from "../../../runner/table/table.ts";
import { UnsupportedTypeError } from "../../../runner/table/unsupported-type-error.ts";

function columnOf(vector: Vector): Column {
  return tableFromArrow(new ArrowTable({ x: vector })).get("x");
}

function cells(column: Column): unknown[] {
  return Array.from({ length: columnLength(column) }, (_, row) => cell(column, row));
}

/** A vector of raw 64- or 32-bit values. */
function raw(type: unknown, data: BigInt64Array | Int32Array | Uint32Array, length?: number): Vector {
  return makeVector({ type, data, ...(length === undefined ? {} : { length }) } as never);
}

describe("tableFromArrow", () => {
  it.each<[string, Vector, number[]]>([
    ["int8", vectorFromArray([-128, null, 127], new Int8()), [-128, Number.NaN, 127]],
    ["int16", vectorFromArray([-32768, 1, null], new Int16()), [-32768, 1, Number.NaN]],
    ["int32", vectorFromArray([-(2 ** 31), 2 ** 31 - 1], new Int32()), [-(2 ** 31), 2 ** 31 - 1]],
    ["uint8", vectorFromArray([255, 0], new Uint8()), [255, 0]],
    ["uint16", vectorFromArray([65535, 0], new Uint16()), [65535, 0]],
    ["uint32", vectorFromArray([2 ** 32 - 1, null], new Uint32()), [2 ** 32 - 1, Number.NaN]],
    [
      "int64",
      vectorFromArray([-(2n ** 63n), -1n, null, 2n ** 53n + 1n, 2n ** 63n - 1n], new Int64()),
      [-(2 ** 63), -1, Number.NaN, Number(2n ** 53n + 1n), 2 ** 63],
    ],
    ["uint64", vectorFromArray([2n ** 64n - 1n, 2n ** 63n, 1n], new Uint64()), [2 ** 64, 2 ** 63, 1]],
  ])("reads %s as integers", (_, vector, values) => {
    const column = columnOf(vector);
    expect(column).toMatchObject({ kind: "numeric", type: "integer" });
    expect(column.kind === "numeric" && [...column.values]).toEqual(values);
  });

  it("keeps infinities and turns nulls into NaN in doubles and floats", () => {
    const values = [1.5, null, Infinity, -Infinity, Number.NaN];
    for (const type of [new Float64(), new Float32(), new Float16()]) {
      const column = columnOf(vectorFromArray(values, type));
      expect(column.kind === "numeric" && [...column.values]).toEqual([
        1.5,
        Number.NaN,
        Infinity,
        -Infinity,
        Number.NaN,
      ]);
    }
  });

  it("reads every half-precision number", () => {
    const halfs = Uint16Array.from({ length: 65536 }, (_, index) => index);
    const column = columnOf(makeVector({ type: new Float16(), data: halfs } as never));
    const view = new DataView(new ArrayBuffer(2));
    if (!("getFloat16" in view) || typeof view.getFloat16 !== "function") return; // Node 24 and later
    for (let index = 0; index < halfs.length; index++) {
      view.setUint16(0, index);
      const expected: unknown = view.getFloat16(0);
      if (column.kind !== "numeric" || !Object.is(column.values[index], expected)) throw new Error(`half ${index}`);
    }
  });

  it("shares the memory of doubles without nulls", () => {
    const values = Float64Array.of(1, 2, 3);
    const column = columnOf(makeVector(values));
    expect(column.kind === "numeric" && column.values.buffer).toBe(values.buffer);
  });

  it("reads booleans, dates and time stamps of every unit, before 1970 too", () => {
    expect(cells(columnOf(vectorFromArray([true, null, false], new Bool())))).toEqual([true, null, false]);
    expect(cells(columnOf(raw(new DateDay(), Int32Array.of(-1, 0, 19_753))))).toEqual([
      "1969-12-31",
      "1970-01-01",
      "2024-01-31",
    ]);
    expect(cells(columnOf(raw(new DateMillisecond(), BigInt64Array.of(-86_400_000n))))).toEqual(["1969-12-31"]);
    const stamps: [unknown, bigint][] = [
      [new TimestampSecond("UTC"), 1n],
      [new TimestampMillisecond(), 1000n],
      [new TimestampMicrosecond("America/New_York"), 1_000_000n],
      [new TimestampNanosecond(), 1_000_000_000n],
    ];
    for (const [type, perSecond] of stamps) {
      const column = columnOf(raw(type, BigInt64Array.of(-perSecond, 1_706_745_600n * perSecond)));
      expect(column).toMatchObject({ type: "timestamp" });
      expect(cells(column)).toEqual(["1969-12-31T23:59:59.000Z", "2024-02-01T00:00:00.000Z"]);
    }
  });

  it("keeps the microseconds of time stamps as fractions of a millisecond", () => {
    const column = columnOf(raw(new TimestampMicrosecond(), BigInt64Array.of(1_706_745_600_123_456n)));
    expect(column.kind === "numeric" && column.values[0]).toBe(1_706_745_600_123.456);
  });

  it("reads a database's infinite dates as infinities, and shows them", () => {
    const dates = columnOf(raw(new DateDay(), Int32Array.of(2 ** 31 - 1, -(2 ** 31 - 1))));
    const stamps = columnOf(raw(new TimestampMicrosecond(), BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n - 1n))));
    for (const column of [dates, stamps]) {
      expect(column.kind === "numeric" && [...column.values]).toEqual([Infinity, -Infinity]);
      expect(cells(column)).toEqual(["infinity", "-infinity"]);
    }
  });

  it("scales decimals to the nearest double", () => {
    const data = Uint32Array.of(12345, 0, 0, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff);
    const column = columnOf(raw(new Decimal(2, 10, 128), data, 2));
    expect(column).toMatchObject({ type: "float" });
    expect(column.kind === "numeric" && [...column.values]).toEqual([123.45, -0.01]);
    expect(columnOf(raw(new Decimal(0, 10, 128), data, 2))).toMatchObject({ type: "integer" });
  });

  it.each<[string, Vector]>([
    ["utf8", vectorFromArray(["b", null, "", "b", "é"], new Utf8())],
    ["large utf8", vectorFromArray(["b", null, "", "b", "é"], new LargeUtf8())],
    ["dictionary", vectorFromArray(["b", null, "", "b", "é"], new Dictionary(new Utf8(), new Int8()))],
  ])("reads %s as categories", (_, vector) => {
    expect(columnOf(vector)).toEqual(categorical(Int32Array.of(0, -1, 1, 0, 2), ["b", "", "é"]));
  });

  it("joins the dictionaries of several batches", () => {
    const type = () => new Dictionary(new Utf8(), new Int32());
    const column = columnOf(vectorFromArray(["a", "b"], type()).concat(vectorFromArray(["b", null, "c"], type())));
    expect(cells(column)).toEqual(["a", "b", "b", null, "c"]);
    expect(column.kind === "categorical" && column.categories).toEqual(["a", "b", "c"]);
  });

  it("reads dictionaries of numbers as numbers", () => {
    const column = columnOf(vectorFromArray([10n, null, 20n, 10n], new Dictionary(new Int64(), new Int32())));
    expect(column).toMatchObject({ kind: "numeric", type: "integer" });
    expect(cells(column)).toEqual([10, null, 20, 10]);
  });

  it("reads a column of the null type as missing numbers", () => {
    expect(columnOf(vectorFromArray([null, null], new Null()))).toEqual(
      numeric(Float64Array.of(Number.NaN, Number.NaN)),
    );
  });

  it.each<[string, Vector]>([
    ["lists", vectorFromArray([[1]], new List(new Field("item", new Int32())))],
    ["structs", vectorFromArray([{ a: 1 }], new Struct([new Field("a", new Int32())]))],
    ["bytes", vectorFromArray([Uint8Array.of(1)], new Binary())],
    ["times of day", vectorFromArray([1], new TimeMillisecond())],
    ["durations", vectorFromArray([1n], new DurationSecond())],
  ])("refuses %s by the column's name and says what to do", (_, vector) => {
    const arrow = new ArrowTable({ ok: vectorFromArray([1], new Int32()), baskets: vector });
    expect(() => tableFromArrow(arrow)).toThrow(UnsupportedTypeError);
    expect(() => tableFromArrow(arrow)).toThrow(/column "baskets" has the type .*: unnest it, cast it or leave it out/);
  });

  it("reads slices of any column where they begin", () => {
    const bools = [true, null, false, true, null, true, false, false, true, null];
    const table = new ArrowTable({
      b: vectorFromArray(bools, new Bool()),
      d: vectorFromArray(
        bools.map((value) => (value === null ? null : Number(value) + 0.5)),
        new Float64(),
      ),
      i: vectorFromArray(
        bools.map((value) => (value === null ? null : BigInt(value))),
        new Int64(),
      ),
      s: vectorFromArray(
        bools.map((value) => (value === null ? null : String(value))),
        new Utf8(),
      ),
    });
    for (let from = 0; from < bools.length; from++) {
      const part = tableFromArrow(table.slice(from, from + 4));
      const expected = bools.slice(from, from + 4);
      expect(cells(part.get("b"))).toEqual(expected);
      expect(cells(part.get("d"))).toEqual(expected.map((value) => (value === null ? null : Number(value) + 0.5)));
      expect(cells(part.get("i"))).toEqual(expected.map((value) => (value === null ? null : Number(value))));
      expect(cells(part.get("s"))).toEqual(expected.map((value) => (value === null ? null : String(value))));
    }
  });

  it("reads back what apache-arrow was given, for any nulls, chunks (also empty ones) and slices", () => {
    const value = fc.option(fc.oneof(fc.double(), fc.constantFrom(Infinity, -0, Number.NaN)));
    const text = fc.option(fc.string({ unit: "grapheme" }));
    const chunk = fc.array(fc.tuple(value, fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), text), {
      maxLength: 9,
    });
    fc.assert(
      fc.property(fc.array(chunk, { minLength: 1, maxLength: 3 }), fc.nat(5), (chunks, from) => {
        const parts = chunks.map(
          (rows) =>
            new ArrowTable({
              d: vectorFromArray(
                rows.map(([d]) => d),
                new Float64(),
              ),
              i: vectorFromArray(
                rows.map(([, i]) => i),
                new Int64(),
              ),
              s: vectorFromArray(
                rows.map(([, , s]) => s),
                new Utf8(),
              ),
            }),
        );
        const table = tableFromArrow(parts[0].concat(...parts.slice(1)).slice(from));
        const rows = chunks.flat().slice(from);
        expect([...table.numbers("d")]).toEqual(rows.map(([d]) => d ?? Number.NaN));
        expect([...table.numbers("i")]).toEqual(rows.map(([, i]) => (i === null ? Number.NaN : Number(i))));
        expect(cells(table.get("s"))).toEqual(rows.map(([, , s]) => s));
      }),
    );
  });
});

describe("arrowFromTable", () => {
  it("writes missing values as nulls and each type as Arrow's own", () => {
    const arrow = arrowFromTable(
      new Table({
        f: numeric(Float64Array.of(1.5, Number.NaN)),
        i: numeric(Float64Array.of(Number.NaN, -3), "integer"),
        b: numeric(Float64Array.of(1, Number.NaN), "boolean"),
        d: numeric(Float64Array.of(0, Number.NaN), "date"),
        t: numeric(Float64Array.of(-0.001, Number.NaN), "timestamp"),
        s: categoricalOf(["x", null]),
      }),
    );
    expect(arrow.schema.fields.map((field) => `${field.name}: ${field.type}`)).toEqual([
      "f: Float64",
      "i: Int64",
      "b: Bool",
      "d: Date32<DAY>",
      "t: Timestamp<MICROSECOND, UTC>",
      "s: Dictionary<Int32, Utf8>",
    ]);
    expect(arrow.schema.fields.map((field) => arrow.getChild(field.name)?.nullCount)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(arrow.getChild("i")?.get(1)).toBe(-3n);
  });

  it("writes only the categories that occur, however many the slice shares", () => {
    const shared = Array.from({ length: 5_000 }, (_, index) => `category ${index}`);
    const column = categorical(
      Int32Array.from(shared, (_, index) => index),
      shared,
    );
    const table = new Table({ s: column }).slice(4_000, 4_003);
    expect(tableToIpc(table).length).toBeLessThan(2_000);
    expect(cells(tableFromIpc(tableToIpc(table)).get("s"))).toEqual([
      "category 4000",
      "category 4001",
      "category 4002",
    ]);
  });

  it("writes integer and date columns that hold fractions or infinities as doubles", () => {
    const table = new Table({
      i: numeric(Float64Array.of(0.5, Number.NaN), "integer"),
      d: numeric(Float64Array.of(Infinity, 1), "date"),
    });
    const read = tableFromIpc(tableToIpc(table));
    expect([...read.numbers("i")]).toEqual([0.5, Number.NaN]);
    expect([...read.numbers("d")]).toEqual([Infinity, 1]);
  });

  const columns = fc.integer({ min: 0, max: 30 }).chain((length) => {
    const array = (value: fc.Arbitrary<number>) =>
      fc
        .array(fc.oneof(value, fc.constant(Number.NaN)), { minLength: length, maxLength: length })
        .map((all) => Float64Array.from(all));
    const integers = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    return fc.record({
      float: array(fc.double()).map((values) => numeric(values)),
      integer: array(fc.maxSafeInteger()).map((values) => numeric(values, "integer")),
      boolean: array(fc.constantFrom(0, 1)).map((values) => numeric(values, "boolean")),
      date: array(fc.integer({ min: -1e6, max: 1e6 })).map((values) => numeric(values, "date")),
      timestamp: array(integers.map((micros) => (1.7e15 + micros) / 1000)).map((values) =>
        numeric(values, "timestamp"),
      ),
      text: fc
        .array(fc.option(fc.string({ unit: "grapheme" })), { minLength: length, maxLength: length })
        .map(categoricalOf),
    });
  });

  it("comes back the same from IPC, at any place in memory", () => {
    fc.assert(
      fc.property(columns, fc.nat(8), fc.nat(10), (all, shift, from) => {
        const whole = new Table(all);
        const start = Math.min(from, whole.numRows);
        const table = whole.slice(start, whole.numRows);
        const bytes = tableToIpc(table);
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        const read = tableFromIpc(shifted);
        expect(read.numRows).toBe(table.numRows);
        for (const [name, column] of table.entries()) {
          const back = read.get(name);
          expect(back.type).toBe(column.type);
          if (column.kind === "numeric" && back.kind === "numeric") expect(back.values).toEqual(column.values);
          else expect(cells(back)).toEqual(cells(column));
        }
      }),
    );
  });

  it("is read by apache-arrow with the same values", () => {
    fc.assert(
      fc.property(columns, (all) => {
        const table = new Table(all);
        const arrow = tableFromIPC(tableToIPC(arrowFromTable(table)));
        for (const name of ["float", "boolean", "text"]) {
          const expected = cells(table.get(name));
          expect([...(arrow.getChild(name) ?? [])]).toEqual(expected);
        }
      }),
    );
  });

  it("writes tables without rows and without columns", () => {
    expect(tableFromIpc(tableToIpc(new Table({ x: numeric(new Float64Array(0)) }))).numRows).toBe(0);
    expect(tableFromIpc(tableToIpc(new Table({}, 3))).numColumns).toBe(0);
  });
});
