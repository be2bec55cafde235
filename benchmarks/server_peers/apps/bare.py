"""Answer with Starlette, pandas and the model: the least that anyone would write.

python bare.py MODEL PORT thread|loop
"""

from __future__ import annotations

import io
import sys

import joblib
import pandas as pd
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

model = joblib.load(sys.argv[1])


def score(body: bytes) -> JSONResponse:
    return JSONResponse({"predictions": model.predict(pd.read_csv(io.BytesIO(body))).tolist()})


async def in_thread(request: Request) -> JSONResponse:
    return await run_in_threadpool(score, await request.body())


async def in_loop(request: Request) -> JSONResponse:
    return score(await request.body())


if __name__ == "__main__":
    endpoint = in_thread if sys.argv[3] == "thread" else in_loop
    app = Starlette(routes=[Route("/predict", endpoint, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
