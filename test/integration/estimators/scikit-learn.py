"""Writes what scikit-learn learns and measures on its own data sets as JSON; NaN is null."""

import json
import math
import sys
import warnings

import numpy as np
import pandas as pd
from sklearn import datasets, metrics
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

warnings.simplefilter("ignore")
rng = np.random.default_rng(7)


def table(bunch):
    return {"names": [str(name) for name in bunch.feature_names], "x": bunch.data, "y": bunch.target}


def ridge():
    bunch = datasets.load_diabetes(scaled=False)
    x, y = bunch.data, bunch.target
    weight = rng.uniform(0, 3, len(y))
    wide = x[:6]  # fewer rows than columns
    cases = []
    for name, rows, params, sample_weight in [
        ("defaults", slice(None), {}, None),
        ("a small penalty", slice(None), {"alpha": 1e-3}, None),
        ("a large penalty", slice(None), {"alpha": 1e4}, None),
        ("least squares", slice(None), {"alpha": 0}, None),
        ("no intercept", slice(None), {"fit_intercept": False}, None),
        ("weights", slice(None), {"alpha": 10}, weight),
        ("85 rows", slice(0, 85), {}, None),
        ("fewer rows than columns", slice(0, 6), {}, None),
    ]:
        w = None if sample_weight is None else sample_weight[rows]
        model = Ridge(**params).fit(x[rows], y[rows], sample_weight=w)
        cases.append(
            {
                "name": name,
                "rows": len(y[rows]),
                "alpha": params.get("alpha", 1),
                "fitIntercept": params.get("fit_intercept", True),
                "weight": w,
                "coefficients": model.coef_,
                "intercept": model.intercept_,
                "predictions": model.predict(x),
            }
        )
    # A copy of a column leaves least squares without a single answer; the fitted values have one.
    collinear = np.column_stack([x, x[:, 2] * 2 + 1, np.full(len(y), 0.1)])
    fitted = LinearRegression().fit(collinear, y).predict(collinear)
    return {**table(bunch), "cases": cases, "collinear": {"x": collinear, "fitted": fitted}}


def logistic():
    cases = []
    for data, load in [("breast cancer", datasets.load_breast_cancer), ("iris", datasets.load_iris), ("wine", datasets.load_wine)]:
        bunch = load()
        weight = rng.uniform(0, 3, len(bunch.target))
        for name, params, sample_weight, scaled in [
            ("defaults", {}, None, True),
            ("a strong penalty", {"C": 0.01}, None, True),
            ("a weak penalty", {"C": 100}, None, True),
            ("no intercept", {"fit_intercept": False}, None, True),
            ("weights", {}, weight, True),
            ("columns as they are", {"solver": "newton-cholesky"}, None, False),
        ]:
            x = StandardScaler().fit_transform(bunch.data) if scaled else bunch.data
            options = {"max_iter": 100_000, "tol": 1e-10, **params}
            model = LogisticRegression(**options).fit(x, bunch.target, sample_weight=sample_weight)
            cases.append(
                {
                    "name": f"{data}, {name}",
                    "x": x,
                    "y": bunch.target,
                    "C": params.get("C", 1),
                    "fitIntercept": params.get("fit_intercept", True),
                    "weight": sample_weight,
                    "proba": model.predict_proba(x),
                }
            )
    return cases


def dummies():
    y = datasets.load_diabetes().target
    labels = datasets.load_wine().target
    x, lx = np.zeros((len(y), 1)), np.zeros((len(labels), 1))
    w, lw = rng.uniform(0, 3, len(y)), rng.uniform(0, 3, len(labels))
    return {
        "y": y,
        "labels": labels,
        "weight": w,
        "labelWeight": lw,
        "mean": DummyRegressor(strategy="mean").fit(x, y).predict(x[:1])[0],
        "median": DummyRegressor(strategy="median").fit(x, y).predict(x[:1])[0],
        "weightedMean": DummyRegressor(strategy="mean").fit(x, y, sample_weight=w).predict(x[:1])[0],
        "prior": DummyClassifier(strategy="prior").fit(lx, labels).predict_proba(lx[:1])[0],
        "mostFrequent": DummyClassifier(strategy="most_frequent").fit(lx, labels).predict_proba(lx[:1])[0],
        "weightedPrior": DummyClassifier(strategy="prior").fit(lx, labels, sample_weight=lw).predict_proba(lx[:1])[0],
    }


def pca():
    cases = []
    for data, load in [("wine", datasets.load_wine), ("iris", datasets.load_iris), ("diabetes", datasets.load_diabetes)]:
        bunch = load()
        x = StandardScaler().fit_transform(bunch.data)
        for name, rows, n_components, whiten in [
            ("all components", slice(None), None, False),
            ("two components, whitened", slice(None), 2, True),
            ("95% of the variance", slice(None), 0.95, False),
            ("few rows", slice(0, 3), None, False),
            ("30 rows", slice(0, 30), 3, False),
        ]:
            model = PCA(n_components=n_components, whiten=whiten).fit(x[rows])
            # The last component of centred rows that are fewer than columns is rounding noise.
            kept = int((model.explained_variance_ > 1e-12).sum())
            cases.append(
                {
                    "name": f"{data}, {name}",
                    "x": x,
                    "rows": len(x[rows]),
                    "nComponents": n_components,
                    "whiten": whiten,
                    "numComponents": model.n_components_,
                    "scores": model.transform(x)[:, :kept],
                    "ratio": model.explained_variance_ratio_,
                }
            )
    return cases


def imputer():
    x = datasets.load_wine().data[:, :6].copy()
    x[:, 4] = np.round(x[:, 4] / 10)
    x[rng.uniform(size=x.shape) < 0.2] = np.nan
    x[:, 5] = np.nan
    later = np.where(rng.uniform(size=x.shape) < 0.3, np.nan, datasets.load_iris().data[:150, [0, 1, 2, 3, 0, 1]][: len(x)].repeat(2, 0)[: len(x)])
    cases = []
    for strategy in ["mean", "median", "most_frequent", "constant"]:
        model = SimpleImputer(strategy=strategy, keep_empty_features=True, add_indicator=True, fill_value=-7 if strategy == "constant" else None)
        filled = model.fit(x).transform(later)
        cases.append({"strategy": strategy, "filled": filled, "names": model.get_feature_names_out([f"x{j}" for j in range(6)])})
    text = [None if value < 0.2 else "bdacd"[int(value * 5)] for value in rng.uniform(size=200)]
    column = np.array(text, dtype=object).reshape(-1, 1)
    most_frequent = SimpleImputer(strategy="most_frequent", missing_values=None).fit_transform(column)[:, 0]
    return {"x": x, "later": later, "cases": cases, "text": text, "mostFrequent": most_frequent}


def scaler():
    x = np.column_stack([datasets.load_wine().data, np.full(178, 0.1), np.full(178, 1e9)])
    x[rng.uniform(size=x.shape) < 0.05] = np.nan
    x[:, -2] = 0.1
    x[:, -1] = 1e9
    return {
        "x": x,
        "scaled": StandardScaler().fit_transform(x),
        "centred": StandardScaler(with_std=False).fit_transform(x),
        "stretched": StandardScaler(with_mean=False).fit_transform(x),
    }


def encoders():
    letters = "abcdefghijklmnopqrstuvwxyz"
    # Frequencies fall with the letter, and many are equal.
    train = [letters[int(26 * value**3)] for value in rng.uniform(size=150)]
    train = [None if i % 17 == 3 else value for i, value in enumerate(train)]
    later = [letters[int(26 * value)] for value in rng.uniform(size=80)] + [None, "é", "unseen"]
    numbers = [float(value) for value in rng.integers(-3, 12, 150)]
    later_numbers = [float(value) for value in rng.integers(-5, 14, 83)]
    x = pd.DataFrame({"letter": pd.Series(train, dtype=object), "number": numbers})
    z = pd.DataFrame({"letter": pd.Series(later, dtype=object), "number": later_numbers})
    cases = []
    for max_categories, handle in [(32, "ignore"), (5, "ignore"), (5, "infrequent_if_exist"), (1, "ignore"), (14, "infrequent_if_exist")]:
        model = OneHotEncoder(sparse_output=False, max_categories=max_categories, handle_unknown=handle).fit(x)
        cases.append({"maxCategories": max_categories, "handleUnknown": handle, "names": model.get_feature_names_out(), "encoded": model.transform(z)})
    # It takes NaN for missing, but None for a category.
    with_nan = lambda frame: frame.assign(letter=[np.nan if value is None else value for value in frame["letter"]])
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(with_nan(x))
    return {
        "train": {"letter": train, "number": numbers},
        "later": {"letter": later, "number": later_numbers},
        "oneHot": cases,
        "ordinal": ordinal.transform(with_nan(z)).astype(float),
    }


def pipeline():
    bunch = datasets.load_diabetes(scaled=False)
    x = bunch.data.copy()
    x[rng.uniform(size=x.shape) < 0.1] = np.nan
    model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), PCA(n_components=5), Ridge(alpha=2))
    model.fit(x, bunch.target)
    return {"x": x, "y": bunch.target, "predictions": model.predict(x), "steps": list(model.named_steps)}


def regression_metrics():
    cases = []
    for name, y, f in [
        ("noise", rng.normal(10, 5, 500), rng.normal(10, 5, 500)),
        ("near", (y := rng.normal(0, 1e6, 300)), y + rng.normal(0, 10, 300)),
        ("two rows", np.array([1.0, 2.0]), np.array([1.5, 1.0])),
        ("constant, missed", np.full(20, 0.5), rng.normal(0, 1, 20)),
        ("constant, met", np.full(20, 0.5), np.full(20, 0.5)),
    ]:
        cases.append(
            {
                "name": name,
                "y": y,
                "f": f,
                "rmse": metrics.root_mean_squared_error(y, f),
                "mae": metrics.mean_absolute_error(y, f),
                "r2": metrics.r2_score(y, f),
                "mape": metrics.mean_absolute_percentage_error(y, f),
                "wape": np.abs(y - f).sum() / np.abs(y).sum(),
                "smape": np.mean(2 * np.abs(y - f) / (np.abs(y) + np.abs(f))),
                "bias": np.mean(f - y),
                "mase": np.abs(y - f).mean() / np.abs(np.diff(y)).mean(),
            }
        )
    return cases


def classification_metrics():
    cases = []
    for name, k, n, coarse in [("two classes", 2, 400, False), ("two classes, ties", 2, 300, True), ("four classes", 4, 500, False), ("four classes, ties", 4, 300, True)]:
        y = rng.integers(0, k, n)
        proba = rng.dirichlet(np.ones(k), n) + 0.7 * np.eye(k)[y] * rng.uniform(size=(n, 1))
        if coarse:
            proba = np.round(proba * 3) + 1
        proba = proba / proba.sum(axis=1, keepdims=True)
        if not coarse:
            proba[0] = np.eye(k)[(y[0] + 1) % k]  # certain and wrong
        predicted = proba.argmax(axis=1)
        cases.append(
            {
                "name": name,
                "y": y,
                "proba": proba,
                "log_loss": metrics.log_loss(y, proba, labels=range(k)),
                "roc_auc": metrics.roc_auc_score(y, proba[:, 1]) if k == 2 else metrics.roc_auc_score(y, proba, multi_class="ovr"),
                "f1": metrics.f1_score(y, predicted, average="binary" if k == 2 else "macro"),
                "accuracy": metrics.accuracy_score(y, predicted),
            }
        )
    return cases


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


json.dump(
    plain(
        {
            "ridge": ridge(),
            "logistic": logistic(),
            "dummies": dummies(),
            "pca": pca(),
            "imputer": imputer(),
            "scaler": scaler(),
            "encoders": encoders(),
            "pipeline": pipeline(),
            "regressionMetrics": regression_metrics(),
            "classificationMetrics": classification_metrics(),
        }
    ),
    sys.stdout,
)
