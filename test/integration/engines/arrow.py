"""The other side of arrow.test.ts: reads and writes Arrow and Parquet with pyarrow and pandas.

usage: arrow.py types FOLDER          writes FOLDER/types.arrow and prints its rows as JSON
       arrow.py read FILE             prints the types and rows of an Arrow stream as JSON
       arrow.py orange-juice DATA DIR compares the batches (DIR/*.arrow) and DIR/*/master.parquet with pandas' join of DATA
"""

import datetime
import decimal
import glob
import json
import math
import os
import sys

import pandas
import pyarrow


def readable(value):
    """As runner/table's cell() shows it: the nearest double, ISO dates, milliseconds."""
    if isinstance(value, datetime.datetime):
        utc = value.astimezone(datetime.timezone.utc) if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return float(value)
    return value


def rows_of(table):
    return [{name: readable(value) for name, value in row.items()} for row in table.to_pylist()]


def types(folder):
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    stamp = datetime.datetime(2024, 2, 29, 12, 34, 56, 789000)
    columns = {
        "int8": pyarrow.array([-128, None, 127, 1], pyarrow.int8()),
        "uint16": pyarrow.array([65535, None, 0, 1], pyarrow.uint16()),
        "int64": pyarrow.array([-(2**63), None, 2**53 + 1, 2**63 - 1], pyarrow.int64()),
        "uint64": pyarrow.array([2**64 - 1, None, 2**53 + 1, 0], pyarrow.uint64()),
        "half": pyarrow.array([1.5, None, math.inf, 2**-24], pyarrow.float16()),
        "float": pyarrow.array([0.1, None, -math.inf, math.nan], pyarrow.float32()),
        "double": pyarrow.array([0.1, None, math.inf, math.nan], pyarrow.float64()),
        "bool": pyarrow.array([True, None, False, True]),
        "decimal128": pyarrow.array([decimal.Decimal("-12345678901234567890.123"), None, decimal.Decimal("0.001"), decimal.Decimal("1")], pyarrow.decimal128(38, 3)),
        "decimal256": pyarrow.array([decimal.Decimal("-12345678901234567890.123"), None, decimal.Decimal("0.001"), decimal.Decimal("1")], pyarrow.decimal256(60, 3)),
        "string": pyarrow.array(["b", None, "", "é😀"]),
        "large": pyarrow.array(["b", None, "", "é😀"], pyarrow.large_string()),
        "dictionary": pyarrow.array(["b", None, "a", "b"]).dictionary_encode(),
        "date32": pyarrow.array([datetime.date(1969, 12, 31), None, datetime.date(2024, 2, 29), datetime.date(1, 1, 1)]),
        "date64": pyarrow.array([datetime.date(1969, 12, 31), None, datetime.date(2024, 2, 29), datetime.date(1, 1, 1)], pyarrow.date64()),
        "seconds": pyarrow.array([-1, None, 0, 1709210096], pyarrow.timestamp("s")),
        "millis": pyarrow.array([stamp, None, stamp, stamp], pyarrow.timestamp("ms", "UTC")),
        "micros": pyarrow.array([stamp.replace(tzinfo=berlin), None, stamp, stamp], pyarrow.timestamp("us", "Europe/Berlin")),
        "nanos": pyarrow.array([stamp, None, stamp, stamp], pyarrow.timestamp("ns")),
        "null": pyarrow.nulls(4),
    }
    table = pyarrow.table(columns)
    whole = pyarrow.concat_tables([table, table.slice(1, 2), table.slice(3), table.slice(0, 0)])
    with pyarrow.OSFile(os.path.join(folder, "types.arrow"), "wb") as file:
        with pyarrow.ipc.new_stream(file, whole.schema) as writer:
            for batch in whole.to_batches():
                writer.write_batch(batch)
    print(json.dumps(rows_of(whole)))


def read(path):
    with pyarrow.OSFile(path, "rb") as file:
        table = pyarrow.ipc.open_stream(file).read_all()
    table.validate(full=True)
    print(json.dumps({"types": {field.name: str(field.type) for field in table.schema}, "rows": rows_of(table)}))


def orange_juice(data, folder):
    sales = pandas.read_parquet(os.path.join(data, "sales.parquet"))
    stores = pandas.read_csv(os.path.join(data, "stores.csv"), float_precision="round_trip")
    expected = sales.merge(stores, on="store").sort_values(["store", "brand", "week"], ignore_index=True)
    tables = []
    for path in sorted(glob.glob(os.path.join(folder, "*.arrow"))):
        with pyarrow.OSFile(path, "rb") as file:
            tables.append(pyarrow.ipc.open_stream(file).read_all())
            tables[-1].validate(full=True)
    actual = pyarrow.concat_tables(tables).to_pandas()
    snapshot = pandas.read_parquet(glob.glob(os.path.join(folder, "*", "master.parquet"))[0])
    for frame in (actual, snapshot):
        pandas.testing.assert_frame_equal(frame, expected[list(frame.columns)], check_exact=True, check_dtype=False)
    print(json.dumps({"rows": len(actual), "columns": len(actual.columns), "batches": len(tables)}))


{"types": types, "read": read, "orange-juice": orange_juice}[sys.argv[1]](*sys.argv[2:])
