"""``model-metadata.yaml``, and what is declared by it, by options and by the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from drum.errors import ConfigError, MetadataError, OptionConflictError
from drum.metadata import FILE_NAME, KEYS, declare, parse_target_type, read_metadata
from drum.options import core_options
from drum.settings import resolve
from drum.types import ModelSpec, TargetType

BASE = "name: n\ntype: inference\ntargetType: regression\n"


def write(folder: Path, text: str | bytes) -> Path:
    (folder / FILE_NAME).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def declared(
    folder: Path, given: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> ModelSpec:
    """Return what is declared by the metadata in a folder, by options and by an environment."""
    settings = resolve(core_options(), given or {}, environ or {})
    return declare(folder, settings, read_metadata(folder))


def inference(target_type: str, **values: str) -> str:
    lines = "".join(f"  {key}: {value}\n" for key, value in values.items())
    return f"name: n\ntype: inference\ntargetType: {target_type}\ninferenceModel:\n{lines}"


# ------------------------------------------------------------------------------------- the file


def test_no_file_states_nothing(tmp_path: Path) -> None:
    assert read_metadata(tmp_path) == {}


def test_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert read_metadata(write(tmp_path, b"\xef\xbb\xbf" + BASE.encode()))["name"] == "n"


def test_all_known_keys_are_accepted(tmp_path: Path) -> None:
    optional = "".join(f"{key}:\n" for key in sorted(KEYS - {"name", "type", "targetType"}))
    assert set(read_metadata(write(tmp_path, BASE + optional))) == KEYS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BASE + "targetNmae: x", "model-metadata.yaml has the unknown key 'targetNmae'. Did you mean '"),
        (BASE + "targettype: x", "has the unknown key 'targettype'. Did you mean 'targetType'?"),
        (BASE + "zzz: 1", "has the unknown key 'zzz'. Known keys: description, environmentID, .*validation"),
        (BASE + "1: 1", "has the unknown key '1'"),
        (BASE + "inferenceModel: {positiveLabel: a}", "unknown key 'positiveLabel'. Did you mean 'positiveClassLabel'"),
        (BASE + "inferenceModel: [a]", "inferenceModel must be a mapping of keys to values, not list"),
        ("type: inference\ntargetType: binary", "lacks the key 'name'. It must have name, type, targetType"),
        ("name: n\ntargetType: binary", "lacks the key 'type'"),
        ("name: n\ntype: inference\ntargetType:", "lacks the key 'targetType'"),
        ("name: n\ntype: infrence\ntargetType: binary", "type is 'infrence'; it must be one of inference, training"),
        ("a: [", "model-metadata.yaml is not valid YAML: .*line 1"),
        (b"name: \xff", "model-metadata.yaml is not valid YAML"),
        ("", "must be a mapping of keys to values, not NoneType"),
        ("- a", "must be a mapping of keys to values, not list"),
    ],
)  # fmt: skip
def test_what_the_file_may_not_say(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        read_metadata(write(tmp_path, text))


def test_file_that_cannot_be_read_is_a_metadata_error(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(MetadataError, match=FILE_NAME):
        read_metadata(tmp_path)


# ------------------------------------------------------------------------------------- target type


@pytest.mark.parametrize(
    "text", ["textgeneration", "TextGeneration", " text generation", "text-generation", "TEXT_GENERATION"]
)
def test_target_type_is_known_in_any_spelling(text: str) -> None:
    assert parse_target_type(text) is TargetType.TEXT_GENERATION


@pytest.mark.parametrize("member", TargetType)
def test_every_target_type_is_known_by_its_value(member: TargetType) -> None:
    assert parse_target_type(member.value) is member


@pytest.mark.parametrize(
    ("text", "hint"), [("regresion", "Did you mean 'regression'?"), ("xyzzy", "Known are binary, regression, ")]
)
def test_unknown_target_type_names_the_nearest(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not a target type. {hint[:-1]}"):
        parse_target_type(text)


@pytest.mark.parametrize(
    ("given", "environ", "metadata"),
    [
        ({"target_type": TargetType.ANOMALY}, {}, ""),
        ({}, {"TARGET_TYPE": "anomaly"}, ""),
        ({}, {}, "name: n\ntype: inference\ntargetType: anomaly"),
        ({"target_type": TargetType.ANOMALY}, {}, "name: n\ntype: inference\ntargetType: Anomaly"),
    ],
    ids=["option", "environment", "metadata", "option and metadata"],
)
def test_target_type_may_come_from_anywhere(
    tmp_path: Path, given: dict[str, Any], environ: dict[str, str], metadata: str
) -> None:
    if metadata:
        write(tmp_path, metadata)
    assert declared(tmp_path, given, environ).target_type is TargetType.ANOMALY


def test_target_type_from_nowhere_says_where_to_state_it(tmp_path: Path) -> None:
    with pytest.raises(
        OptionConflictError, match=r"--target-type, set TARGET_TYPE, or write targetType into model-meta"
    ):
        declared(tmp_path)


@pytest.mark.parametrize(
    ("given", "environ", "source"),
    [({"target_type": TargetType.BINARY}, {}, "--target-type"), ({}, {"TARGET_TYPE": "binary"}, r"\$TARGET_TYPE")],
)
def test_contradiction_names_both_sources(
    tmp_path: Path, given: dict[str, Any], environ: dict[str, str], source: str
) -> None:
    write(tmp_path, BASE)
    with pytest.raises(
        OptionConflictError, match=rf"'binary' by {source} but 'regression' by model-metadata.yaml: targetType"
    ):
        declared(tmp_path, given, environ)


def test_unknown_target_type_in_the_file_names_the_file(tmp_path: Path) -> None:
    write(tmp_path, "name: n\ntype: inference\ntargetType: bianry")
    with pytest.raises(
        MetadataError, match=r"model-metadata.yaml: targetType: 'bianry' is not .* Did you mean 'binary'"
    ):
        declared(tmp_path)


# ------------------------------------------------------------------------------------- labels


LABELS_FILE = "a\nb\n\nc\n"


@pytest.mark.parametrize(
    ("target_type", "given", "metadata", "labels"),
    [
        ("binary", {"positive_class_label": "yes", "negative_class_label": "no"}, {}, ("no", "yes")),
        ("binary", {}, {"positiveClassLabel": "good", "negativeClassLabel": "bad"}, ("bad", "good")),
        ("binary", {}, {"positiveClassLabel": "1", "negativeClassLabel": "0"}, ("0", "1")),
        ("binary", {}, {"targetName": "y"}, ()),
        ("multiclass", {"class_labels": ("a", "b")}, {}, ("a", "b")),
        ("multilabel", {"class_labels": ["a", "b"]}, {}, ("a", "b")),
        ("multiclass", {}, {"classLabels": "[c, 1, a]"}, ("c", "1", "a")),
        ("multiclass", {}, {"classLabelsFile": "labels.txt"}, ("a", "b", "c")),
        ("multiclass", {}, {"classLabelsFile": "./labels.txt"}, ("a", "b", "c")),
        ("multiclass", {"class_labels": ("x", "y")}, {"classLabelsFile": "labels.txt"}, ("x", "y")),
        ("multiclass", {}, {"classLabels": "null", "classLabelsFile": "labels.txt"}, ("a", "b", "c")),
        ("binary", {}, {"positiveClassLabel": "~", "negativeClassLabel": ""}, ()),
        ("regression", {}, {"targetName": "y"}, ()),
    ],
)
def test_labels_leave_as_declared(
    tmp_path: Path, target_type: str, given: dict[str, Any], metadata: dict[str, str], labels: tuple[str, ...]
) -> None:
    (tmp_path / "labels.txt").write_text(LABELS_FILE)
    write(tmp_path, inference(target_type, **(metadata or {"targetName": "y"})))
    assert declared(tmp_path, given).labels == labels


@pytest.mark.parametrize(("negative", "positive"), [("no", "yes"), ("off", "on"), ("1.10", "1.20"), ("007", "008")])
def test_labels_in_the_file_are_the_text_that_stands_there(tmp_path: Path, negative: str, positive: str) -> None:
    """YAML takes ``no`` for a truth value and ``1.10`` for a number; a label is neither."""
    write(tmp_path, inference("binary", positiveClassLabel=positive, negativeClassLabel=negative))
    assert declared(tmp_path).labels == (negative, positive)
    write(tmp_path, inference("multiclass", classLabels=f"[{positive}, {negative}]"))
    assert declared(tmp_path).labels == (positive, negative)


@pytest.mark.parametrize("text", ["a\nb\nc", "a\r\nb\r\nc\r\n", "\ufeffa\nb\nc\n", "\na\n\nb\nc\n\n"])
def test_file_of_labels_has_a_label_a_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels").write_bytes(text.encode())
    given = {"target_type": TargetType.MULTICLASS, "class_labels_file": str(tmp_path / "labels")}
    assert declared(tmp_path, given).labels == ("a", "b", "c")


def test_labels_may_come_from_the_environment(tmp_path: Path) -> None:
    environ = {"TARGET_TYPE": "multiclass", "CLASS_LABELS": "c a b"}
    assert declared(tmp_path, {}, environ).labels == ("c", "a", "b")


def test_option_and_variable_may_each_give_one_of_the_binary_labels(tmp_path: Path) -> None:
    environ = {"TARGET_TYPE": "binary", "NEGATIVE_CLASS_LABEL": "no"}
    assert declared(tmp_path, {"positive_class_label": "yes"}, environ).labels == ("no", "yes")


@pytest.mark.parametrize("label", ["positive_class_label", "negative_class_label"])
def test_both_binary_labels_or_neither(tmp_path: Path, label: str) -> None:
    with pytest.raises(
        OptionConflictError, match="Give both of --negative-class-label and --positive-class-label, or n"
    ):
        declared(tmp_path, {"target_type": TargetType.BINARY, label: "yes"})


@pytest.mark.parametrize("label", ["positiveClassLabel", "negativeClassLabel"])
def test_both_binary_labels_or_neither_in_the_file(tmp_path: Path, label: str) -> None:
    write(tmp_path, inference("binary", **{label: "x"}))
    with pytest.raises(
        OptionConflictError, match="Give both of negativeClassLabel and positiveClassLabel in model-meta"
    ):
        declared(tmp_path)


PAIR = {"positive_class_label": "a", "negative_class_label": "b"}


@pytest.mark.parametrize(
    ("target_type", "given"),
    [
        ("binary", {"class_labels": ("a", "b")}),
        ("binary", {"class_labels_file": "labels.txt"}),
        ("multiclass", PAIR),
        ("multilabel", PAIR),
        ("regression", {"class_labels": ("a", "b")}),
        ("anomaly", PAIR),
        ("unstructured", {"class_labels_file": "labels.txt"}),
    ],
)
def test_labels_of_another_target_type_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target_type: str, given: dict[str, Any]
) -> None:
    (tmp_path / "labels.txt").write_text(LABELS_FILE)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OptionConflictError, match=f"is set, but target type '{target_type}' takes no such labels"):
        declared(tmp_path, {"target_type": TargetType(target_type), **given})


def test_labels_given_twice_name_both_sources(tmp_path: Path) -> None:
    given = {"target_type": TargetType.MULTICLASS, "class_labels": ("a", "b")}
    with pytest.raises(OptionConflictError, match=r"come from --class-labels and from \$CLASS_LABELS_FILE"):
        declared(tmp_path, given, {"CLASS_LABELS_FILE": "labels.txt"})


def test_labels_given_twice_in_the_file_are_refused(tmp_path: Path) -> None:
    write(tmp_path, inference("multiclass", classLabels="[a, b]", classLabelsFile="labels.txt"))
    with pytest.raises(MetadataError, match="give classLabels or classLabelsFile, not both"):
        declared(tmp_path)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("a", "b", "a"), "Label 'a' stands twice in --class-labels"),
        (("a",), "needs at least two labels; --class-labels gives 1"),
    ],
)
def test_labels_must_be_two_or_more_and_differ(tmp_path: Path, labels: tuple[str, ...], message: str) -> None:
    with pytest.raises(OptionConflictError, match=message):
        declared(tmp_path, {"target_type": TargetType.MULTICLASS, "class_labels": labels})


def test_empty_file_of_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("\n\n")
    given = {"target_type": TargetType.MULTICLASS, "class_labels_file": str(tmp_path / "labels")}
    with pytest.raises(OptionConflictError, match=r"at least two labels; .*labels' gives 0"):
        declared(tmp_path, given)


@pytest.mark.parametrize("value", ["abc", "5", "{a: b}"])
def test_class_labels_in_the_file_are_a_list(tmp_path: Path, value: str) -> None:
    write(tmp_path, inference("multiclass", classLabels=value))
    with pytest.raises(MetadataError, match="classLabels"):
        declared(tmp_path)


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file or directory"), (b"\xff\xfe", "is not UTF-8")])
def test_file_of_labels_that_cannot_be_read(tmp_path: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "labels").write_bytes(content)
    given = {"target_type": TargetType.MULTICLASS, "class_labels_file": str(tmp_path / "labels")}
    with pytest.raises(ConfigError, match=rf"The file of class labels '.*labels' .*{reason}"):
        declared(tmp_path, given)


def test_file_of_labels_that_the_metadata_name_must_exist(tmp_path: Path) -> None:
    write(tmp_path, inference("multiclass", classLabelsFile="missing.txt"))
    with pytest.raises(MetadataError, match=r"missing.txt"):
        declared(tmp_path)


# ------------------------------------------------------------------------------------- the rest of a declaration


def test_declaration_holds_what_the_file_says(tmp_path: Path) -> None:
    write(tmp_path, inference("textgeneration", targetName="answer"))
    spec = declared(tmp_path)
    assert (spec.code_dir, spec.name, spec.target_name) == (tmp_path, "n", "answer")
    assert spec.metadata["inferenceModel"] == {"targetName": "answer"}


def test_option_goes_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, inference("textgeneration", targetName="answer"))
    assert declared(tmp_path, {"target_name": "reply"}).target_name == "reply"
    assert declared(tmp_path, {}, {"TARGET_NAME": "reply"}).target_name == "reply"
