"""What is loaded, what is refused, and what is executed meanwhile."""

import io
import logging
import os
import pickle
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import save_model
from torch import nn
from torch_models import (
    FORMATS,
    directly,
    exported,
    making,
    module_beside,
    net_ending_in,
    scripted,
    tensors,
    weights,
    whole,
)

from drum.errors import LoadError, PluginDependencyError
from drum.scorer import Scorer
from drum.testing.code_dir import Content

Serve = Callable[..., Scorer]
NETS = """
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 1)

        def forward(self, x):
            return self.layer(x)
"""


class Touching:
    """Pickles into a call that leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self._path,))


# ------------------------------------------------------------------------------------- code in files


def test_class_in_the_code_directory_is_found(serve: Serve, rows: pd.DataFrame, tmp_path: Path) -> None:
    module = module_beside(tmp_path / "training", "nets", NETS).Net()
    answer = serve({**whole(module), "nets.py": NETS}, "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(module, rows), abs=1e-6)


@pytest.mark.parametrize("saved", ["whole", "whole, before torch 1.6"])
def test_loading_a_whole_module_is_logged(serve: Serve, caplog: pytest.LogCaptureFixture, saved: str) -> None:
    serve(FORMATS[saved]("values"), "regression")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "'model.pth' holds pickled objects: loading it executes the code that lies in them."
    ]


@pytest.mark.parametrize("saved", ["scripted", "traced", "exported", "safetensors", "weights"])
def test_all_others_are_loaded_without(
    serve: Serve, rows: pd.DataFrame, caplog: pytest.LogCaptureFixture, saved: str
) -> None:
    answer = serve(FORMATS[saved]("values"), "regression", no_pickle=True).score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("values"), rows), abs=1e-5)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("saved", ["whole", "whole, before torch 1.6"])
def test_whole_module_is_refused_without_pickle(serve: Serve, saved: str) -> None:
    with pytest.raises(LoadError, match=r"without executing code that lies in it, which --no-pickle refuses\. Save"):
        serve(FORMATS[saved]("values"), "regression", no_pickle=True)


def hostile_pickle(path: Path, touched: Path) -> None:
    torch.save(Touching(touched), path)


def hostile_program(path: Path, touched: Path) -> None:
    """Write a program whose sample inputs are not what they say."""
    exported(nn.Linear(4, 1))["model.pt2"](path)  # type: ignore[operator]
    hostile_pickle(touched.with_suffix(".pt"), touched)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            sample = name.endswith("sample_inputs/model.pt")
            archive.writestr(name, touched.with_suffix(".pt").read_bytes() if sample else content)


@pytest.mark.parametrize(("name", "write"), [("model.pth", hostile_pickle), ("model.pt2", hostile_program)])
def test_nothing_is_executed_without_pickle(
    serve: Serve, tmp_path: Path, name: str, write: Callable[[Path, Path], None]
) -> None:
    touched = tmp_path / "touched"
    with pytest.raises(LoadError, match="which --no-pickle refuses"):
        serve({name: lambda path: write(path, touched)}, "regression", no_pickle=True)
    assert not touched.exists()


def test_variable_of_torchs_is_left_as_it_was(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "1")
    with pytest.raises(LoadError, match=r"cannot be unpickled \(_pickle.UnpicklingError: Weights only load failed"):
        serve(whole(nn.Linear(4, 1)), "regression")
    assert os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] == "1"


# ------------------------------------------------------------------------------------- files that do not load


def test_missing_class_says_what_to_put_beside_the_model(serve: Serve, tmp_path: Path) -> None:
    module = module_beside(tmp_path / "training", "nets", NETS).Net()
    files = {"model.pth": _bytes(module)}
    with pytest.raises(LoadError, match=r"needs the Python module 'nets', which cannot be found\. Put the file"):
        serve_without("nets", serve, files)


def test_class_that_is_gone_is_named(serve: Serve, tmp_path: Path) -> None:
    module = module_beside(tmp_path / "training", "nets", NETS).Net()
    with pytest.raises(LoadError, match=r"cannot be unpickled \(AttributeError: .*'Net'.* no longer has the class"):
        serve({"model.pth": _bytes(module), "nets.py": "class Other: ..."}, "regression")


def test_class_of_a_script_says_so(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_beside(tmp_path / "training", "nets", NETS)
    module.Net.__module__ = "__main__"
    monkeypatch.setattr("__main__.Net", module.Net, raising=False)
    content = _bytes(module.Net())
    monkeypatch.delattr("__main__.Net")
    with pytest.raises(LoadError, match="defined in the script or notebook that saved the model: move it"):
        serve({"model.pth": content}, "regression")


def _bytes(module: nn.Module) -> bytes:
    buffer = io.BytesIO()
    torch.save(module, buffer)
    return buffer.getvalue()


def serve_without(name: str, serve: Serve, files: Mapping[str, Content]) -> None:
    sys.modules.pop(name, None)
    serve(files, "regression")


@pytest.mark.parametrize("saved", FORMATS)
def test_truncated_file_is_damaged(serve: Serve, tmp_path: Path, saved: str) -> None:
    files = dict(FORMATS[saved]("values"))
    name = next(iter(files))
    files[name](tmp_path / "model")  # type: ignore[operator]
    files[name] = (tmp_path / "model").read_bytes()[:700]
    with pytest.raises(LoadError, match=f"'{name}' (is truncated, or no|cannot be unpickled)"):
        serve(files, "regression")


@pytest.mark.parametrize("content", ["import site", pickle.dumps({"a": 1}), b"PK\x03\x04"])
def test_other_files_are_none_of_torchs(serve: Serve, content: Content) -> None:
    with pytest.raises(LoadError, match=r"'model\.pt' is truncated, or no file of torch's\. Save the model again"):
        serve({"model.pt": content}, "regression")


@pytest.mark.parametrize(
    ("content", "held"),
    [
        ({"model_state_dict": nn.Linear(4, 1).state_dict(), "epoch": 3}, "the keys 'model_state_dict', 'epoch'"),
        (torch.zeros(3), r"a torch\.Tensor"),
        ([1, 2], "a list"),
        ({}, "the keys"),
    ],
)
def test_checkpoint_is_no_model(serve: Serve, content: object, held: str) -> None:
    with pytest.raises(LoadError, match=f"holds {held}.*: neither a module nor a module's weights"):
        serve({"model.pth": lambda path: torch.save(content, path)}, "regression")


@pytest.mark.parametrize("name", ["model.pt2", "model.pt"])
def test_program_may_have_any_of_the_names(serve: Serve, rows: pd.DataFrame, name: str) -> None:
    answer = serve(exported(net_ending_in("values"), name=name), "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("values"), rows), abs=1e-5)


def test_program_for_a_fixed_number_of_rows_is_refused(serve: Serve) -> None:
    with pytest.raises(LoadError, match=r"exported for exactly 2 rows a call\. .*dynamic_shapes"):
        serve(exported(nn.Linear(4, 1), dynamic=False), "regression")


def test_compiled_library_is_refused(serve: Serve) -> None:
    def library(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("model/data/aotinductor/model/model.so", b"")

    with pytest.raises(LoadError, match=r"library that AOTInductor compiled.*torch\.export\.save"):
        serve({"model.pt2": library}, "regression")


# ------------------------------------------------------------------------------------- weights with a model.py


@pytest.mark.parametrize("save", [tensors, weights])
@pytest.mark.parametrize(
    "source",
    [
        making("softmax"),
        making("softmax").replace("def create_model", "def Model"),
        making("softmax") + "\ndef Model():\n    raise NotImplementedError",
        making("softmax") + "\nclass Model(nn.Sequential):\n    pass",
    ],
    ids=["function", "Model", "both", "function beside a class"],
)
def test_model_py_makes_the_module(serve: Serve, rows: pd.DataFrame, save: Callable[..., Any], source: str) -> None:
    answer = serve(save(net_ending_in("softmax"), source), "multiclass", ["a", "b", "c"]).score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(net_ending_in("softmax"), rows), abs=1e-5)


def test_model_py_may_hold_a_class(serve: Serve, rows: pd.DataFrame, tmp_path: Path) -> None:
    source = NETS.replace("class Net", "class Model")
    module = module_beside(tmp_path / "training", "model", source).Model()
    answer = serve(tensors(module, source), "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(module, rows), abs=1e-5)


@pytest.mark.parametrize("save", [tensors, weights])
@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, r"Put a model\.py beside it, with a function create_model\(\) .* or a class Model"),
        ("", r"model\.py has neither a function create_model\(\) nor a class Model"),
        ("def create_model(): return 7", r"create_model\(\) in model\.py returns a int, not a torch\.nn\.Module"),
        ("from torch.nn import Identity as Model", r"The weights .* do not fit .* Unexpected key\(s\).*0\.weight"),
        ("from torch import nn\ndef create_model(): return nn.Linear(4, 2)", "do not fit .* Missing key.*: .*bias"),
        ("def create_model(): raise ValueError('no luck')", "cannot load .* ValueError: no luck"),
    ],
)
def test_what_model_py_lacks_is_said(serve: Serve, save: Callable[..., Any], source: str | None, message: str) -> None:
    files = dict(save(net_ending_in("softmax"), source or ""))
    if source is None:
        del files["model.py"]
    with pytest.raises(LoadError, match=message):
        serve(files, "multiclass", ["a", "b", "c"])


def test_package_that_model_py_needs_is_named(serve: Serve) -> None:
    with pytest.raises(PluginDependencyError, match="pip install unheard_of"):
        serve(tensors(nn.Linear(4, 1), "import unheard_of"), "regression")


def test_weights_of_another_shape_do_not_fit(serve: Serve) -> None:
    source = "from torch import nn\ndef create_model(): return nn.Linear(3, 1)"
    with pytest.raises(LoadError, match=r"size mismatch for weight: .*\[1, 4\].*\[1, 3\]"):
        serve(weights(nn.Linear(4, 1), source), "regression")


def test_shared_weights_are_saved_once(serve: Serve, rows: pd.DataFrame, tmp_path: Path) -> None:
    source = """
        from torch import nn

        def create_model():
            layer = nn.Linear(4, 4)
            return nn.Sequential(layer, layer, nn.Linear(4, 1))
    """
    module = module_beside(tmp_path / "training", "model", source).create_model()
    files = {"model.safetensors": lambda path: save_model(module, path), "model.py": source}
    answer = serve(files, "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(module, rows), abs=1e-5)


def test_weights_may_be_ordered(serve: Serve, rows: pd.DataFrame) -> None:
    state = OrderedDict(nn.Linear(4, 1).state_dict())
    source = "from torch import nn\ndef create_model(): return nn.Linear(4, 1)"
    serve({"model.pt": lambda path: torch.save(state, path), "model.py": source}, "regression").score(rows)


def test_scripted_module_needs_no_class(serve: Serve, rows: pd.DataFrame, tmp_path: Path) -> None:
    module = module_beside(tmp_path / "training", "nets", NETS).Net()
    files = {name: _written(save, tmp_path) for name, save in scripted(module).items()}
    del sys.modules["nets"]
    answer = serve(files, "regression").score(rows).frame
    assert answer.to_numpy() == pytest.approx(directly(module, rows), abs=1e-5)


def _written(save: Content, folder: Path) -> bytes:
    assert callable(save)
    save(folder / "written")
    return (folder / "written").read_bytes()
