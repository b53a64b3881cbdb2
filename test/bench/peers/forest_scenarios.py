"""Writes feature matrices of orange-juice scenarios to a folder, so that both sides of a comparison read the same numbers.

Usage: forest_scenarios.py SALES_PARQUET FOLDER [SCENARIOS]

22 features: own price, the 11 prices, deal, feat, the last four values of logmove by row, the mean of the last four and
eight, sine and cosine of the week of the year. Rows before week 137 are for training, the others for testing. Rows without
all features are left out. SCENARIOS (default 100) are taken evenly from all, ordered by (store, brand).

scenarios.json lists {store, brand, numFeatures, train, test} with the numbers of rows; scenarios.f64 holds, scenario
after scenario, the training rows (row-major), their targets, the test rows, their targets, as little-endian float64.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd


def features_of(rows: pd.DataFrame, brand: int) -> pd.DataFrame:
    features = pd.DataFrame({"price": rows[f"price{brand}"]})
    for other in range(1, 12):
        features[f"price{other}"] = rows[f"price{other}"]
    features["deal"] = rows["deal"]
    features["feat"] = rows["feat"]
    for lag in range(1, 5):
        features[f"lag{lag}"] = rows["logmove"].shift(lag)
    for window in (4, 8):
        features[f"mean{window}"] = rows["logmove"].shift(1).rolling(window).mean()
    angle = 2 * np.pi * rows["week"] / 52
    features["sin"] = np.sin(angle)
    features["cos"] = np.cos(angle)
    return features


def main() -> None:
    sales = pd.read_parquet(sys.argv[1]).sort_values(["store", "brand", "week"])
    folder = Path(sys.argv[2])
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 100
    scenarios = list(sales.groupby(["store", "brand"], sort=True))
    step = max(1, len(scenarios) // wanted)
    index = []
    with open(folder / "scenarios.f64", "wb") as file:
        for (store, brand), rows in scenarios[::step][:wanted]:
            features = features_of(rows, int(brand))
            known = features.notna().all(axis=1)
            train, test = known & (rows["week"] < 137), known & (rows["week"] >= 137)
            for part in (train, test):
                file.write(features[part].to_numpy(np.float64).tobytes())
                file.write(rows.loc[part, "logmove"].to_numpy(np.float64).tobytes())
            index.append(
                {
                    "store": int(store),
                    "brand": int(brand),
                    "numFeatures": features.shape[1],
                    "train": int(train.sum()),
                    "test": int(test.sum()),
                }
            )
    (folder / "scenarios.json").write_text(json.dumps(index))


if __name__ == "__main__":
    main()
