"""Turn what scikit-learn's methods return into the frames that the core checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drum.contract import framed
from drum.errors import ModelContractError
from drum.types import PREDICTIONS, ModelSpec

if TYPE_CHECKING:
    import pandas as pd


def of_values(output: Any) -> pd.DataFrame:
    """Return one value a row."""
    values = _matrix(output)
    if values.shape[1] != 1:
        raise ModelContractError(f"The model gives {values.shape[1]} values a row; a single-column target takes one.")
    return framed(values, [PREDICTIONS])


def of_classes(probabilities: Any, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Return a probability for each class, by the model's own names for them, if it has any."""
    import pandas as pd

    if isinstance(probabilities, list):
        raise ModelContractError(
            f"The model predicts {len(probabilities)} targets, which is target type 'multilabel', "
            f"not '{spec.target_type.value}'."
        )
    classes = getattr(model, "classes_", None)
    return pd.DataFrame(probabilities) if classes is None else framed(probabilities, [str(label) for label in classes])


def of_labels(output: Any, model: Any, spec: ModelSpec) -> pd.DataFrame:
    """Return the probability of each label: scikit-learn gives one matrix, or a list with two columns a label.

    An indicator matrix has numbers for names: unless these are declared, its columns are the declared labels.
    """
    import numpy as np
    import pandas as pd

    classes = getattr(model, "classes_", None)
    if isinstance(output, list):
        known = [(0, 1)] * len(output) if classes is None else classes
        output = np.column_stack([_of_presence(part, both) for part, both in zip(output, known, strict=True)])
    if classes is None or np.ndim(classes[0]):  # the classes of each label do not name the labels
        classes = range(output.shape[1])
    columns = [str(label) for label in classes]
    if spec.labels and set(columns) != set(spec.labels) and not isinstance(classes[0], str):
        columns = list(spec.labels)
    if len(columns) != output.shape[1]:
        raise ModelContractError(f"The model predicts {output.shape[1]} labels, but {len(columns)} are declared.")
    return pd.DataFrame(output, columns=columns)


def _of_presence(probabilities: Any, classes: Any) -> Any:
    """Return the probability that a label is there: of class 1, where training saw it at all."""
    import numpy as np

    known = np.asarray(classes).tolist()
    if len(known) > 2 or not set(known) <= {-1, 0, 1}:
        raise ModelContractError(f"A label has the classes {known}; multilabel takes 0 (absent) and 1 (present).")
    return probabilities[:, known.index(1)] if 1 in known else np.zeros(len(probabilities))


def of_features(output: Any, model: Any) -> pd.DataFrame:
    """Return transformed features, sparse ones in a sparse frame."""
    import pandas as pd

    if isinstance(output, pd.DataFrame):
        return output
    if hasattr(output, "tocsc"):
        sparse: Any = pd.DataFrame.sparse
        frame: pd.DataFrame = sparse.from_spmatrix(output, columns=_names_of_features(model, output.shape[1]))
        return frame
    matrix = _matrix(output)
    return pd.DataFrame(matrix, columns=_names_of_features(model, matrix.shape[1]))


def _names_of_features(model: Any, width: int) -> list[str]:
    """Return the names that the transformer gives its output, or numbers where it has none to give."""
    try:
        names = [str(name) for name in model.get_feature_names_out()]
    except (AttributeError, ValueError, NotImplementedError):
        names = []
    return names if len(names) == width else [str(number) for number in range(width)]


def _matrix(output: Any) -> Any:
    import numpy as np

    values = np.asarray(output)
    return values.reshape(len(values), -1)
