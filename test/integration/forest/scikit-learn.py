"""What scikit-learn's forests make of classification data that it ships, as JSON:
[{name, x, y, fold, numClasses, accuracy, logLoss}], out of fold, averaged over three seeds."""

import json

import numpy as np
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold

SEEDS = range(3)

found = []
for load in (load_breast_cancer, load_wine, load_iris):
    x, y = load(return_X_y=True)
    fold = np.zeros(len(y), dtype=int)
    for number, (_, test) in enumerate(StratifiedKFold(5, shuffle=True, random_state=3).split(x, y)):
        fold[test] = number
    accuracy, loss = [], []
    for seed in SEEDS:
        proba = np.zeros((len(y), y.max() + 1))
        for number in range(5):
            forest = RandomForestClassifier(n_estimators=100, random_state=seed)
            proba[fold == number] = forest.fit(x[fold != number], y[fold != number]).predict_proba(x[fold == number])
        accuracy.append(np.mean(np.argmax(proba, axis=1) == y))
        loss.append(-np.mean(np.log(np.clip(proba[np.arange(len(y)), y], 1e-3, 1))))
    found.append(
        {
            "name": load.__name__[5:],
            "x": x.tolist(),
            "y": y.tolist(),
            "fold": fold.tolist(),
            "numClasses": int(y.max()) + 1,
            "accuracy": float(np.mean(accuracy)),
            "logLoss": float(np.mean(loss)),
        }
    )
print(json.dumps(found))
