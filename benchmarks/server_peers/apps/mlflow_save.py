"""Save a model in MLflow's format.

    python mlflow_save.py MODEL FOLDER

It gets no signature: with one, MLflow would check and cast every request, and be slower.
"""

import sys

import joblib
import mlflow.sklearn  # type: ignore[import-not-found, unused-ignore]

if __name__ == "__main__":
    mlflow.sklearn.save_model(joblib.load(sys.argv[1]), sys.argv[2], serialization_format="cloudpickle")
