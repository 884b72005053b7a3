"""Reads a policy file into a `Policy`, or says everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Final, get_args

from pydantic import BaseModel, ValidationError

from tidegate.policy.conditions import ConditionError, compile_condition
from tidegate.policy.findings import Finding, suggest
from tidegate.policy.model import Policy
from tidegate.policy.yamlfile import LARGEST_FILE, parse_yaml
from tidegate.tables.errors import InputError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

    from tidegate.policy.findings import Lines, Path

BUILT_IN: Final = ("starter", "playbook")


def load(source: str | FilePath | Mapping[str, object]) -> Policy:
    """Read a policy and check that it has a valid shape and that every rule compiles.

    Parameters
    ----------
    source
        ``starter`` or ``playbook``, the path of a YAML file, YAML text (a ``str`` with a line break in it), or the
        values themselves.

    Returns
    -------
    Policy
        Frozen, with every default filled in. `tidegate.policy.checks.check` looks at what it means.

    Raises
    ------
    PolicyError
        With one finding for everything that is wrong, each with its file, line, key, value and the valid ones.
    InputError
        If there is no such file, or it cannot be read.
    """
    policy, _, _ = load_marked(source)
    return policy


def load_marked(source: str | FilePath | Mapping[str, object]) -> tuple[Policy, str, Lines]:
    """Read a policy as `load` does, and also return the name of its file and the line of every key."""
    file, text = ("policy", None) if isinstance(source, Mapping) else _read(source)
    policy, lines, findings = _understand(source, {}, []) if text is None else examine(text)
    if policy is None:
        raise PolicyError([finding.text(file) for finding in findings])
    return policy, file, lines


def examine(text: str) -> tuple[Policy | None, Lines, list[Finding]]:
    """Read policy text for somebody who is still writing it: nothing is raised.

    Returns
    -------
    tuple
        The policy, None where anything is wrong with it; the line of every key; what is wrong, in the order of lines.
    """
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_FILE:
        return None, {}, [Finding(line=1, message=f"is larger than {LARGEST_FILE:,} bytes")]
    return _understand(*parse_yaml(text))


def _understand(value: object, lines: Lines, findings: list[Finding]) -> tuple[Policy | None, Lines, list[Finding]]:
    policy = None
    if value is not None:
        policy, more = _validate(value, lines)
        findings = [*findings, *more]
    findings.sort(key=lambda finding: finding.line or 0)
    return (None if findings else policy), lines, findings


def built_in(name: str) -> str:
    """Return the text of a policy file that ships with the package, comments included; one of `BUILT_IN`."""
    return (resources.files("tidegate.policy") / f"{name}.yml").read_text(encoding="utf-8")


def _read(source: str | FilePath) -> tuple[str, str]:
    """Return the name to show and the text."""
    if isinstance(source, str) and source in BUILT_IN:
        return f"{source}.yml", built_in(source)
    if isinstance(source, str) and "\n" in source:
        return "policy", source
    return str(source), _read_file(FilePath(source))


def _read_file(path: FilePath) -> str:
    file = str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        mend = suggest(path, BUILT_IN).replace("valid:", "built in:")
        raise InputError("no such policy file", file=file, mend=f"{mend[:1].upper()}{mend[1:]}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read: {reason}", file=file, expected="a YAML file") from None
    if len(data) > LARGEST_FILE:
        raise InputError(f"is larger than {LARGEST_FILE:,} bytes", file=file, expected="a policy, a small YAML file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError([f"{file}:{line}: is not UTF-8 text; save the file as UTF-8"]) from None


def _validate(value: object, lines: Lines) -> tuple[Policy | None, list[Finding]]:
    if not isinstance(value, Mapping):
        kind = {list: "a list", str: "a text"}.get(type(value), "a single value")
        return None, [Finding(line=1, message=f"expected keys and values, found {kind}", mend=_top_keys())]
    findings = [finding.placed(lines) for finding in _compile_rules(value)]
    try:
        return Policy.model_validate(value), findings
    except ValidationError as error:
        return None, [*findings, *(_to_finding(detail, lines) for detail in error.errors(include_url=False))]


def _top_keys() -> str:
    return "valid keys: " + ", ".join(Policy.model_fields)


def _compile_rules(value: Mapping[str, object]) -> Iterator[Finding]:
    """Try every condition, also in a file whose other values are not valid yet."""
    rules = value.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        when = rule.get("when") if isinstance(rule, Mapping) else None
        if not isinstance(when, str) or not when:
            continue
        try:
            compile_condition(when)
        except ConditionError as error:
            message = f"rule {rule.get('name')!r}: {error.message}"
            yield Finding(path=("rules", index, "when"), value=when, message=message, mend=error.mend)


def _to_finding(detail: ErrorDetails, lines: Lines) -> Finding:
    """Say what pydantic found in the words of the policy file."""
    path = tuple(part for part in detail["loc"] if part != "[key]")
    kind, context = detail["type"], detail.get("ctx", {})
    value = detail["input"] if isinstance(detail["input"], str | int | float | bool) else None
    message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    message, mend = message[:1].lower() + message[1:], None
    if kind == "extra_forbidden":
        value, message, mend = None, "unknown key", suggest(path[-1], _keys_at(path[:-1]))
    elif kind == "missing":
        message, mend = "is missing", f"add {path[-1]!r} here"
    elif kind == "literal_error":
        valid = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        message, mend = "unknown value", suggest(value, valid)
    return Finding(path=path, value=value, message=message, mend=mend).placed(lines)


def _keys_at(path: Path) -> list[str]:
    """Keys that are valid at a path of the policy file."""
    found: object = Policy
    for part in path:
        if isinstance(found, type) and issubclass(found, BaseModel) and part in found.model_fields:
            found = found.model_fields[str(part)].annotation
        found = _model_in(found)
    found = _model_in(found)
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []


def _model_in(annotation: object) -> object:
    """Find the model inside ``dict[str, Model]``, ``tuple[Model, ...]`` or ``Model | None``."""
    for argument in get_args(annotation):
        found = _model_in(argument)
        if isinstance(found, type) and issubclass(found, BaseModel):
            return found
    return annotation
