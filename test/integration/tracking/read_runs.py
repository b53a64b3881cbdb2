"""Prints, as one line of JSON, all that MLflow's own client finds at MLFLOW_TRACKING_URI in one experiment."""

import json
import sys
import tempfile
from pathlib import Path

from mlflow import MlflowClient
from mlflow.models import get_model_info

client = MlflowClient()
experiment = client.get_experiment_by_name(sys.argv[1])


def artifact_paths(run_id, path=None):
    for file in client.list_artifacts(run_id, path):
        if file.is_dir:
            yield from artifact_paths(run_id, file.path)
        else:
            yield file.path


def artifact_texts(run_id):
    with tempfile.TemporaryDirectory() as folder:
        return {
            path: Path(client.download_artifacts(run_id, path, folder)).read_text() for path in artifact_paths(run_id)
        }


def describe(run):
    run_id = run.info.run_id
    # get_run reads what search_runs may leave out.
    assert client.get_run(run_id).data.params == run.data.params
    history = {
        key: [[point.step, repr(point.value), point.timestamp] for point in client.get_metric_history(run_id, key)]
        for key in run.data.metrics
    }
    return {
        "runId": run_id,
        "name": run.info.run_name,
        "status": run.info.status,
        "start": run.info.start_time,
        "end": run.info.end_time,
        "params": run.data.params,
        "metrics": {key: repr(value) for key, value in run.data.metrics.items()},
        "history": history,
        "tags": run.data.tags,
        "inputs": [
            {
                "name": item.dataset.name,
                "digest": item.dataset.digest,
                "sourceType": item.dataset.source_type,
                "source": item.dataset.source,
                "schema": item.dataset.schema,
                "context": {tag.key: tag.value for tag in item.tags}.get("mlflow.data.context"),
            }
            for item in run.inputs.dataset_inputs
        ],
        "artifacts": artifact_texts(run_id) if "--no-artifacts" not in sys.argv else None,
    }


def flavors(version):
    return list(get_model_info(f"models:/{version.name}/{version.version}").flavors)


models = [
    {
        "name": model.name,
        "aliases": {alias: int(version) for alias, version in client.get_registered_model(model.name).aliases.items()},
        "versions": [
            {
                "version": int(version.version),
                "runId": version.run_id,
                "flavors": flavors(version) if "--no-artifacts" not in sys.argv else None,
            }
            for version in client.search_model_versions(f"name = '{model.name}'")
        ],
    }
    for model in client.search_registered_models()
]
runs = client.search_runs([experiment.experiment_id], max_results=50_000)
print(json.dumps({"experiment": experiment.name, "runs": [describe(run) for run in runs], "models": models}))
