"""Fits and predicts scikit-learn's random forest on the scenarios that forest_scenarios.py wrote, and prints one JSON
object: {"ms": [per scenario, fit + predict], "rmse": [per scenario]}. Importing and reading are not timed.

Usage: forest_sklearn.py FOLDER MAX_FEATURES(all|third) [FIRST_SCENARIO [SCENARIOS [TREES]]]
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestRegressor


def main() -> None:
    folder = Path(sys.argv[1])
    max_features = {"all": 1.0, "third": 1 / 3}[sys.argv[2]]
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    count = int(sys.argv[4]) if len(sys.argv) > 4 else None
    trees = int(sys.argv[5]) if len(sys.argv) > 5 else 100
    numbers = np.fromfile(folder / "scenarios.f64", dtype="<f8")
    index = json.loads((folder / "scenarios.json").read_text())
    ms, rmse = [], []
    at = 0

    def take(rows: int, columns: int) -> np.ndarray:
        nonlocal at
        part = numbers[at : at + rows * columns]
        at += rows * columns
        return part.reshape(rows, columns) if columns > 1 else part

    for position, scenario in enumerate(index):
        x, y = take(scenario["train"], scenario["numFeatures"]), take(scenario["train"], 1)
        x_test, y_test = take(scenario["test"], scenario["numFeatures"]), take(scenario["test"], 1)
        if position < first or (count is not None and position >= first + count):
            continue
        start = time.perf_counter()
        forest = RandomForestRegressor(n_estimators=trees, max_features=max_features, n_jobs=1, random_state=0)
        predicted = forest.fit(x, y).predict(x_test)
        ms.append((time.perf_counter() - start) * 1000)
        rmse.append(float(np.sqrt(np.mean((predicted - y_test) ** 2))))
    print(json.dumps({"ms": ms, "rmse": rmse}))


if __name__ == "__main__":
    main()
