"""The job of `test/bench/projects/fixed-forest` as one would write it with pandas, scikit-learn and joblib.

For each of the 913 (store, brand) scenarios: features of targets known four weeks before, a random forest with the
same settings, metrics on the last 15% of the weeks, and the model for later predictions fitted on all weeks.

Usage: end_to_end.py [--mlruns FOLDER]. With a folder each scenario becomes an MLflow run with parameters, metrics and
its pickled model; the cheap way, by one `log_batch`, not by `mlflow.sklearn.log_model`, which takes seconds a model.
Prints one JSON object: the number of scenarios and the mean test RMSE.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline

HORIZON = 4
DATA = Path(__file__).parents[3] / "samples" / "orange-juice" / "data"


def make_features(rows: pd.DataFrame) -> pd.DataFrame:
    """Prices and promotions of the week, and lags and means of the targets known four weeks before it."""
    prices = [f"price{i}" for i in range(1, 12)]
    features = rows[[*prices, "deal", "feat"]].copy()
    weeks, target = rows["week"].to_numpy(), rows["logmove"]
    known = np.searchsorted(weeks, weeks - HORIZON, side="right")
    for lag in (1, 2, 4):
        features[f"lag{lag}"] = np.where(known >= lag, target.to_numpy()[known - lag], np.nan)
    for window in (4, 8):
        means = target.rolling(window, min_periods=1).mean().to_numpy()
        features[f"mean{window}"] = np.where(known >= 1, means[known - 1], np.nan)
    return features


def make_model():
    forest = RandomForestRegressor(n_estimators=100, max_features=1 / 3, min_samples_leaf=1, random_state=0, n_jobs=1)
    return make_pipeline(SimpleImputer(strategy="median"), forest)


def train(key: tuple, rows: pd.DataFrame, mlruns: str | None) -> float:
    rows = rows.sort_values("week")
    features, target = make_features(rows), rows["logmove"]
    test = int(len(rows) * 0.15 + 0.5)
    model = make_model().fit(features[:-test], target[:-test])
    actual, predicted = target[-test:], model.predict(features[-test:])
    units, forecast = np.exp(actual), np.exp(predicted)
    metrics = {
        "rmse": root_mean_squared_error(actual, predicted),
        "mae": mean_absolute_error(actual, predicted),
        "r2": r2_score(actual, predicted),
        "bias": float(np.mean(predicted - actual)),
        "wape": float(np.sum(np.abs(actual - predicted)) / np.sum(np.abs(actual))),
        "wape_units": float(np.sum(np.abs(units - forecast)) / np.sum(units)),
    }
    model = make_model().fit(features, target)
    if mlruns is not None:
        log(key, model, metrics, mlruns)
    return metrics["rmse"]


def log(key: tuple, model, metrics: dict, mlruns: str) -> None:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    client = MlflowClient(tracking_uri=mlruns)
    run = client.create_run("0", run_name=f"store={key[0]}, brand={key[1]}")
    forest = model[-1].get_params()
    params = [Param(name, str(value)) for name, value in forest.items()]
    points = [Metric(name, value, run.info.start_time, 0) for name, value in metrics.items()]
    client.log_batch(run.info.run_id, metrics=points, params=params)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.joblib"
        joblib.dump(model, file)
        client.log_artifact(run.info.run_id, str(file), "model")
    client.set_terminated(run.info.run_id)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mlruns")
    mlruns = parser.parse_args().mlruns
    if mlruns is not None:
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        from mlflow import MlflowClient

        # Makes the store and its default experiment before the workers do.
        MlflowClient(tracking_uri=mlruns).search_experiments()
    sales = pd.read_parquet(DATA / "sales.parquet")
    stores = pd.read_csv(DATA / "stores.csv")
    master = sales.merge(stores, on="store")
    tasks = (joblib.delayed(train)(key, rows, mlruns) for key, rows in master.groupby(["store", "brand"]))
    errors = joblib.Parallel(n_jobs=-1)(tasks)
    print(json.dumps({"scenarios": len(errors), "rmse": float(np.mean(errors))}))


if __name__ == "__main__":
    main()
