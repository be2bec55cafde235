"""YAML and JSON that come out the same each time and read as if written by hand."""

from __future__ import annotations

import json
from typing import Any

import yaml


def yaml_text(value: Any, head: str = "") -> str:
    """Return a YAML document in the order of ``value``, long texts as blocks.

    :param head: what stands above it, as comments.
    """
    comments = "".join(f"# {line}".rstrip() + "\n" for line in head.splitlines())
    return comments + yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def json_text(value: Any) -> str:
    """Return a JSON document in the order of ``value``."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and writes texts of several lines as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
