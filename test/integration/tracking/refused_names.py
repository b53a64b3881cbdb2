"""Prints, as JSON, those names in the JSON file of the first argument that MLflow refuses for metrics, params or tags."""

import json
import sys
from pathlib import Path

from mlflow.exceptions import MlflowException
from mlflow.utils.validation import _validate_metric_name, _validate_param_name, _validate_tag_name


def is_refused(name):
    try:
        _validate_metric_name(name)
        _validate_param_name(name)
        _validate_tag_name(name)
    except MlflowException:
        return True
    return len(name) > 250


print(json.dumps([name for name in json.loads(Path(sys.argv[1]).read_text()) if is_refused(name)]))
