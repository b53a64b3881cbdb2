"""Writes a parent run and a child with MLflow's own client to MLFLOW_TRACKING_URI; prints their ids as JSON."""

import json
import sys

import mlflow
import numpy

mlflow.set_experiment(sys.argv[1])
with mlflow.start_run(run_name="by hand", description="two\nlines") as parent:
    mlflow.log_params({"alpha": 0.5, "text": "x" * 300})
    mlflow.log_text("hello", "notes/a file.txt")
    with mlflow.start_run(run_name="child", nested=True) as child:
        for step in range(3):
            mlflow.log_metric("loss/train", 1 / (1 + step), step=step)
        mlflow.log_metric("nan", float("nan"))
        data = mlflow.data.from_numpy(numpy.arange(6.0), name="numbers")
        mlflow.log_input(data, context="training")
print(json.dumps({"parent": parent.info.run_id, "child": child.info.run_id}))
