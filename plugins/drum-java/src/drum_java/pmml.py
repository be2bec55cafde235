"""Score PMML documents (``.pmml``) with pmml4s."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.parsers import expat

from drum.detection import only_file
from drum.errors import LoadError, NoScorerError, PluginDependencyError
from drum.hookspecs import hookimpl
from drum.settings import Settings
from drum.types import Artifact, Concurrency, Detection, Match
from drum_java import jvm
from drum_java.custom import is_predictor_named
from drum_java.model_hooks import drum_describe, drum_matrix_columns, drum_score, drum_unload_model
from drum_java.models import JavaModel
from drum_java.thrown import raising

__all__ = ["drum_describe", "drum_detect", "drum_load_model", "drum_matrix_columns", "drum_score", "drum_unload_model"]

ARTIFACTS = (".pmml",)
ROOT = "PMML"
HEAD_BYTES = 2**16


@hookimpl
def drum_detect(code_dir: Path) -> Detection | None:
    """Vote for the one ``.pmml`` file; the stronger vote is for one whose outermost element is ``PMML``."""
    path = None if is_predictor_named() else only_file(code_dir, *ARTIFACTS)
    if path is None:
        return None
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    match = Match.PROVEN if _root(head, is_whole=False).name == ROOT else Match.NAMED
    return Detection(runtime="pmml", path=path, match=match, concurrency=Concurrency.THREADS)


@hookimpl
def drum_load_model(artifact: Artifact, settings: Settings) -> Any:
    """Start the JVM and read the document."""
    if artifact.path is None:
        return None
    document = _checked(artifact.path)
    jpype = jvm.start(settings)
    loader = jpype.JClass("drum.internal.Libraries").loader(_jars())
    with raising(LoadError, f"'{artifact.path.name}' cannot be loaded."):
        scorer = jpype.JClass("drum.internal.PmmlModel").of(document, loader)
    model = JavaModel(jpype, scorer, loader, settings)
    if not scorer.predicts():
        raise NoScorerError(
            f"'{artifact.path.name}' ({model.description}) gives neither probabilities nor a predicted number. Write a "
            "'score' hook in custom.py, or choose another model."
        )
    return model


def _jars() -> list[str]:
    package = find_spec("pypmml")
    folders = (package.submodule_search_locations if package is not None else None) or ()
    jars = [str(jar) for folder in folders for jar in sorted(Path(folder).glob("jars/**/*.jar"))]
    if not jars:
        raise PluginDependencyError("PMML needs the jars of pmml4s. Run: pip install 'drum-java[pmml]'")
    return jars


class _Root:
    """The outermost element of a document, and whether something stands before it that could reach outside."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.has_doctype = False
        self.error: str | None = None


def _root(document: bytes, *, is_whole: bool) -> _Root:
    """Look at a document up to its outermost element; nothing in it is resolved.

    :param is_whole: whether it is all there, or its beginning alone.
    """
    root = _Root()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def start(name: str, attributes: object) -> None:
        root.name = root.name or name.rpartition(" ")[2]

    def doctype(*declared: object) -> None:
        root.has_doctype = True

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(document, is_whole)
    except (expat.ExpatError, ValueError, LookupError) as error:
        root.error = str(error)
    return root


def _checked(path: Path) -> str:
    """Return a document as text, without its own word on its encoding; Java is not shown what could reach outside.

    :raises LoadError: if it is no XML, is damaged, or declares entities or anything else before its first element.
    """
    document = path.read_bytes()
    root = _root(document, is_whole=True)
    if root.has_doctype:
        raise LoadError(
            f"'{path.name}' has a DOCTYPE, with which a document can reach other files and hosts. PMML needs none: "
            "remove it."
        )
    if root.error is not None:
        raise LoadError(f"'{path.name}' is no XML, or is damaged: {root.error}. Save the model again.")
    if root.name != ROOT:
        raise LoadError(f"'{path.name}' is no PMML: its outermost element is '{root.name}'.")
    return _decoded(path.name, document)


def _decoded(name: str, document: bytes) -> str:
    declared = re.match(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""", document)
    encoding = declared[1].decode() if declared else "utf-8-sig"
    if document[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    try:
        text = document.decode("utf-8-sig" if encoding.lower() == "utf-8" else encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise LoadError(f"'{name}' is not in the encoding that it says it is in: {error}. Save it as UTF-8.") from error
    return re.sub(r"^\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL)
