"""Teach MLServer's runtime for scikit-learn to take a CSV, with a custom handler as its documentation describes."""

import io

import pandas as pd
from mlserver.handlers import custom_handler  # type: ignore[import-not-found, unused-ignore]
from mlserver_sklearn import SKLearnModel  # type: ignore[import-not-found, unused-ignore]
from starlette.requests import Request
from starlette.responses import JSONResponse


class CsvModel(SKLearnModel):  # type: ignore[misc, unused-ignore]
    """Answer POST /predict besides what the runtime answers."""

    @custom_handler(rest_path="/predict")  # type: ignore[untyped-decorator, unused-ignore]
    async def predict_csv(self, request: Request) -> JSONResponse:
        """Score the rows of a CSV."""
        frame = pd.read_csv(io.BytesIO(await request.body()))
        return JSONResponse({"predictions": self._model.predict(frame).tolist()})
