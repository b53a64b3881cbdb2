"""Reads all files of the artifact address in the first argument by MLflow's own Databricks client, then sends one.

Prints their paths and texts as JSON. The workspace and its token come from Databricks' own variables.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

# The other way, Databricks' SDK, is one that MLflow leaves for this one when it fails.
os.environ["MLFLOW_DISABLE_DATABRICKS_SDK_FOR_RUN_ARTIFACTS"] = "true"

import mlflow
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

mlflow.set_tracking_uri("databricks")
files = get_artifact_repository(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    target = Path(files.download_artifacts("", folder))
    found = {path.relative_to(target).as_posix(): path.read_text() for path in target.rglob("*") if path.is_file()}
    sent = Path(folder) / "sent.txt"
    sent.write_text("by Python")
    files.log_artifact(str(sent), "theirs")
print(json.dumps(found))
