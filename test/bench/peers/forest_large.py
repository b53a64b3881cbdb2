"""One large scenario: Friedman 1 (Friedman 1991; scikit-learn's make_friedman1) with noise of 1.

Usage: forest_large.py write FOLDER [ROWS [FEATURES]]    writes train.f64 and test.f64 (10,000 rows), row-major, each row
                                                         its features and its target
       forest_large.py fit FOLDER MAX_FEATURES(all|third) THREADS [TREES]
fit prints {"seconds": fit alone, "rmse", "peakMiB": highest resident memory of the process}.
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import make_friedman1
from sklearn.ensemble import RandomForestRegressor

FEATURES = 30


def write(folder: Path, rows: int) -> None:
    x, y = make_friedman1(rows + 10_000, FEATURES, noise=1.0, random_state=7)
    both = np.column_stack([x, y])
    both[:rows].astype("<f8").tofile(folder / "train.f64")
    both[rows:].astype("<f8").tofile(folder / "test.f64")


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    both = np.fromfile(path, dtype="<f8").reshape(-1, FEATURES + 1)
    return both[:, :FEATURES].copy(), both[:, FEATURES].copy()


def fit(folder: Path, max_features: float, threads: int, trees: int) -> None:
    x, y = read(folder / "train.f64")
    x_test, y_test = read(folder / "test.f64")
    forest = RandomForestRegressor(n_estimators=trees, max_features=max_features, n_jobs=threads, random_state=0)
    start = time.perf_counter()
    forest.fit(x, y)
    seconds = time.perf_counter() - start
    rmse = float(np.sqrt(np.mean((forest.predict(x_test) - y_test) ** 2)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "rmse": rmse, "peakMiB": peak}))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 100_000)
    else:
        trees = int(sys.argv[5]) if len(sys.argv) > 5 else 100
        fit(Path(sys.argv[2]), {"all": 1.0, "third": 1 / 3}[sys.argv[3]], int(sys.argv[4]), trees)
