"""Answer with LitServe.

    python litserve_csv.py MODEL PORT MAX_BATCH_SIZE BATCH_TIMEOUT mp|zmq

FastAPI hands a body on as it is where the parameter is ``bytes``, so no CSV has to be wrapped into JSON or a form.
"""

import io
import sys
from typing import Annotated, Any

import joblib
import litserve  # type: ignore[import-not-found, unused-ignore]
import numpy as np
import pandas as pd
from fastapi import Body  # type: ignore[import-not-found, unused-ignore]


class CsvApi(litserve.LitAPI):  # type: ignore[misc, unused-ignore]
    """Parse each request with pandas; score them alone, or those of a batch in one call."""

    def setup(self, device: str) -> None:
        """Load the model, in the worker."""
        self.model = joblib.load(sys.argv[1])

    def decode_request(self, request: Annotated[bytes, Body(media_type="text/csv")]) -> pd.DataFrame:
        """Parse a CSV."""
        return pd.read_csv(io.BytesIO(request))

    def predict(self, x: pd.DataFrame | list[pd.DataFrame]) -> Any:
        """Score a frame, or the frames of a batch."""
        return self._predict_batch(x) if isinstance(x, list) else self.model.predict(x)

    def _predict_batch(self, frames: list[pd.DataFrame]) -> list[Any]:
        types = {tuple(frame.dtypes) for frame in frames}
        if len(types) > 1:  # joined as they are, 5 beside 250.01 would become the text "5.0"
            frames = [frame.astype(object) for frame in frames]
        ends = np.cumsum([len(frame) for frame in frames])
        return np.split(self.model.predict(pd.concat(frames, ignore_index=True)), ends[:-1])

    def encode_response(self, output: Any) -> dict[str, list[float]]:
        """Return what becomes the JSON of the answer."""
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    _, _, port, size, timeout, queue = sys.argv
    api = CsvApi(max_batch_size=int(size), batch_timeout=float(timeout))
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=120, fast_queue=queue == "zmq")
    server.run(
        host="127.0.0.1", port=int(port), num_api_servers=1, log_level="warning", generate_client_file=False
    )  # fmt: skip
