"""What importing costs, who is told of checks, and data whose columns an input schema declares."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from drum.testing import CodeDir, run_cli
from drum.testing.probe import ask

FIT = ("--target", "price", "--target-type", "regression")


def test_import_is_cheap() -> None:
    for framework in ("torch", "sklearn", "skl2onnx", "skops"):
        assert ask("imports", "drum_train", framework) == []


def test_checks_tell_no_observer(table: Path, tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "code", {"custom.py": f"""
        import os
        from pathlib import Path


        def fit(X, y, output_dir):
            Path(output_dir, "fitted.txt").touch()


        def score(data, model, **kwargs):
            Path({str(tmp_path / "left-out.txt")!r}).write_text(os.environ["DRUM_NO_PLUGINS"])
            return data.assign(Predictions=1.0)[["Predictions"]]
    """})  # fmt: skip
    words = ["fit", "--code-dir", code, "--input", table, "--output", tmp_path / "out", *FIT]
    outcome = run_cli(words, env={"MONITOR": "1"})
    assert outcome.exit_code == 0, outcome.err
    left_out = set((tmp_path / "left-out.txt").read_text().split(","))
    assert left_out >= {"monitor", "train"}
    assert not left_out & {"csv", "onnx", "sklearn", "torch"}


def test_the_input_schema_holds_for_training_too(drum_ok: Callable[..., str], tmp_path: Path) -> None:
    code = CodeDir(tmp_path / "code", {
        "custom.py": """
            import json
            from pathlib import Path


            def fit(X, y, output_dir):
                Path(output_dir, "seen.txt").write_text(json.dumps(X.to_dict("list")))


            def score(data, model, **kwargs):
                return data.assign(Predictions=1.0)[["Predictions"]]
        """,
        "input-schema.yaml": "columns: [{name: code, type: text}, {name: size, type: number}]",
    })  # fmt: skip
    data = tmp_path / "data.csv"
    data.write_text("size,code,price,more\n1,007,2.5,a\n2,008,3.5,b\n")
    drum_ok("fit", "--code-dir", code, "--input", data, "--output", tmp_path / "out", *FIT)
    seen = json.loads((tmp_path / "out" / "seen.txt").read_text())
    assert list(seen.items()) == [("code", ["007", "008"]), ("size", [1.0, 2.0])]
