"""Import the user's code; what it raises is said to be its own, with its own stack frames."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from drum.errors import CustomCodeError, DrumError

OTHER_LANGUAGES = ("custom.R", "custom.r", "custom.jl")
"""Files with hooks that are not in Python."""


@contextmanager
def blamed(what: str, purpose: str, code_dir: Path) -> Iterator[None]:
    """Turn what user code raises into an error that names it.

    :param what: such as ``Model 'fit' hook``.
    :raises CustomCodeError: in place of anything but a :class:`DrumError`.
    """
    from drum.custom_code import user_frames

    try:
        yield
    except DrumError:
        raise
    except (Exception, SystemExit) as error:
        said = f"the code called sys.exit({error.code!r})" if isinstance(error, SystemExit) else f"{error}"
        raise CustomCodeError(
            f"{what} failed to {purpose}. Exception: {type(error).__name__}: {said}",
            detail=user_frames(error, code_dir),
        ) from error


def imported(name: str, code_dir: Path) -> ModuleType:
    """Import a module of the code directory, which is importable already.

    :raises CustomCodeError: if that fails.
    """
    importlib.invalidate_caches()
    for known in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
        origin = getattr(sys.modules[known], "__file__", None)
        if origin is None or not Path(origin).is_relative_to(code_dir):
            del sys.modules[known]
    with blamed(f"Module '{name}'", "be imported", code_dir):
        return importlib.import_module(name)
