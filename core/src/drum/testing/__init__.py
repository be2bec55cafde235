"""The kit for plugin authors: ``pip install 'drum-core[testing]'``.

:class:`CodeDir` builds a code directory, :func:`scorer` opens it, :func:`client` asks it over HTTP
in memory, :func:`run_cli` calls ``drum`` in this process, :func:`trained_template` tries a template of
``drum new model``, and :class:`RuntimeConformance` is a test class that checks every rule a runtime must keep.
"""

from drum.testing.code_dir import CodeDir
from drum.testing.command_line import Outcome, run_cli
from drum.testing.conformance import Model, RuntimeConformance
from drum.testing.http import client
from drum.testing.scorers import scorer
from drum.testing.templates import trained_template

__all__ = ["CodeDir", "Model", "Outcome", "RuntimeConformance", "client", "run_cli", "scorer", "trained_template"]
