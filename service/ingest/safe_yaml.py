"""YAML that is only data: no aliases, tags, dates or surprises, bounded in size and depth, each name once."""

import re
from typing import Any, Protocol

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_CHARACTERS = 65_536
MAX_DEPTH = 16

_QUOTES = "put quotes around a text that holds `: ` or ` #`, or begins with a sign or a quotation mark"
_NULL = "tag:yaml.org,2002:null"


class _Mark(Protocol):
    """What libyaml's mark and PyYAML's own have in common: `line` counts from 0."""

    @property
    def line(self) -> int: ...


class YamlError(ValueError):
    """`line` counts from 1; `problem` is one sentence without its full stop."""

    def __init__(self, line: int, problem: str):
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


class _Loader(yaml.CSafeLoader):
    """Plain scalars mean what they do in YAML 1.2's core schema (section 10.3.2): `no` and `10:00` and dates are text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    (_NULL, r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("tag:yaml.org,2002:int", r"[-+]?(?:0|[1-9][0-9]{0,18})", list("-+0123456789")),
    ("tag:yaml.org,2002:float", r"[-+]?[0-9]{1,18}\.[0-9]{1,18}", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), _first)


def load_mapping(text: str, text_names: frozenset[str]) -> dict[str, Any]:
    """The mapping that `text` is, as JSON-like data; {} if it is empty.

    Below a name among `text_names`, numbers and booleans stay the text that they were (`title: 1.10`). Raises YamlError.
    """
    if len(text) > MAX_CHARACTERS:
        raise YamlError(1, f"must have at most {MAX_CHARACTERS} characters")
    try:
        _refuse_bombs(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            raise YamlError(1, "must be names with values, such as title: ...")
        return {name: _value(loader, value, as_text=name in text_names) for name, value in _members(node).items()}
    except yaml.MarkedYAMLError as error:
        is_left_open = "flow" in (error.context or "") or "quoted" in (error.context or "")
        mark = error.context_mark if is_left_open else error.problem_mark
        raise YamlError(_line(mark), f"{error.problem or 'no YAML'}; {_QUOTES}") from None
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1  # libyaml counts bytes
        raise YamlError(line, "has a character that YAML forbids; write it with an escape, between double quotes") from None


def _refuse_bombs(text: str) -> None:
    """Reads the events alone, before anything is built: a few aliases can stand for megabytes."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        line = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlError(line, "has an anchor or alias (& or *), which are not taken; put quotes around a text that begins so")
        if getattr(event, "tag", None):
            raise YamlError(line, "has a tag (!), which is not taken; put quotes around a text that begins so")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise YamlError(line, f"is nested more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(mark: _Mark | None) -> int:
    return mark.line + 1 if mark else 1


def _members(node: MappingNode) -> dict[str, Node]:
    members: dict[str, Node] = {}
    for name, value in node.value:
        line = _line(name.start_mark)
        if not isinstance(name, ScalarNode):
            raise YamlError(line, "has a list or a mapping as a name")
        if name.value in members:
            raise YamlError(line, f"has the name {name.value} for the second time")
        members[name.value] = value
    return members


def _value(loader: _Loader, node: Node, *, as_text: bool) -> Any:
    if isinstance(node, MappingNode):
        return {name: _value(loader, value, as_text=as_text) for name, value in _members(node).items()}
    if isinstance(node, SequenceNode):
        return [_value(loader, item, as_text=as_text) for item in node.value]
    if as_text and node.tag != _NULL:
        return node.value
    return loader.construct_object(node)
