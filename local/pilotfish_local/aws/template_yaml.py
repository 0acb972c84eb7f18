"""CloudFormation templates as YAML: short tags such as !Ref become their long form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as BaseLoader
except ImportError:  # a PyYAML without libyaml: ten times slower
    from yaml import SafeLoader as BaseLoader  # type: ignore[assignment]

Template = dict[str, Any]


class TemplateLoader(BaseLoader):
    """A safe loader that knows CloudFormation's tags and leaves dates as text."""


TemplateLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in BaseLoader.yaml_implicit_resolvers.items()
}


def _long_form(loader: TemplateLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    """`!Ref x` is {"Ref": x}, `!GetAtt a.b` {"Fn::GetAtt": ["a", "b"]}, others {"Fn::Tag": …}."""
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if tag in ("Ref", "Condition"):
        return {tag: value}
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{tag}": value}


TemplateLoader.add_multi_constructor("!", _long_form)


def load(path: Path) -> Template:
    """The template in long form: plain data that JSON can carry."""
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> Template:
    """The template in this text, in long form."""
    template: Template = yaml.load(text, Loader=TemplateLoader)  # noqa: S506 - a SafeLoader
    return template


def dump(template: Template) -> str:
    """The template as JSON, which is YAML, for CloudFormation."""
    return json.dumps(template)
