"""What tickets may be about: the default taxonomy, or a team's own, as data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tidegate.tables.errors import InputError
from tidegate.tables.words import NATURES

if TYPE_CHECKING:
    from pathlib import Path

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Code = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class Intent(BaseModel):
    """One intent: what it means and how people say it, by language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nature: str = "process"
    means: dict[Code, str]
    examples: dict[Code, tuple[str, ...]] = {}

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.nature not in NATURES:
            raise ValueError(f"nature {self.nature!r} is not one of {', '.join(NATURES)}")
        if not any(text.strip() for text in self.means.values()):
            raise ValueError("means is empty: say in at least one language what the intent is")
        return self


class Taxonomy(BaseModel):
    """The intents that a reader may choose from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    intents: Annotated[dict[Name, Intent], Field(min_length=2)]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the intents, in the file's order."""
        return tuple(self.intents)

    def nature(self, intent: str) -> str:
        """Nature that tickets of an intent usually have."""
        return self.intents[intent].nature

    def phrases(self, languages: tuple[str, ...] | None = None) -> list[tuple[str, str, str]]:
        """List (intent, language, text) of every description and example, for a reader that has no history yet."""
        return [
            (intent, language, text)
            for intent, said in self.intents.items()
            for language, texts in (*((code, (text,)) for code, text in said.means.items()), *said.examples.items())
            if languages is None or language in languages
            for text in texts
        ]


@cache
def default() -> Taxonomy:
    """Load the taxonomy that ships with the package, once."""
    return parse(files("tidegate.read").joinpath("lexicon", "taxonomy.yml").read_text("utf-8"), "the default taxonomy")


def load(path: Path) -> Taxonomy:
    """Load a team's own taxonomy.

    Raises
    ------
    InputError
        The file cannot be read, is not YAML, or does not describe a taxonomy; the message says where and why.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the taxonomy cannot be read", file=str(path), value=str(error)) from error
    return parse(text, str(path))


def parse(text: str, file: str) -> Taxonomy:
    """Read a taxonomy from YAML text; ``file`` names it in errors."""
    try:
        return Taxonomy.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError("the taxonomy is not valid YAML", file=file, value=str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"the taxonomy does not hold together: {first['msg']}",
            file=file,
            column=".".join(map(str, first["loc"])) or None,
            value=first.get("input"),
            mend="see docs/reference/taxonomy.md for the shape of the file",
        ) from error
