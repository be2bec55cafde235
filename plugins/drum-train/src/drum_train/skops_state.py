"""Keep a state with scikit-learn estimators in one skops file: it holds no code, and nothing is unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drum.errors import LoadError

EXTENSION = ".skops"


def write(path: Path, state: dict[str, Any]) -> None:
    """Write estimators, arrays, numbers and text by name."""
    from skops import io

    io.dump(state, path)


def read(path: Path) -> dict[str, Any]:
    """Return the state of a file that :func:`write` wrote.

    :raises LoadError: if it is damaged, or holds types that skops does not trust.
    """
    import zipfile

    from skops import io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return io.load(path)  # type: ignore[no-any-return]
    except UntrustedTypesFoundException as error:
        raise LoadError(
            f"The checkpoint '{path}' holds types that skops does not trust: "
            f"{', '.join(io.get_untrusted_types(file=path))}. Keep such parts as arrays, numbers and text."
        ) from error
    except (zipfile.BadZipFile, OSError, ValueError, LookupError) as error:
        raise LoadError(f"The checkpoint '{path}' is damaged, or no skops file ({error}).") from error
