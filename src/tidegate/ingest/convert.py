"""Source columns to ours, a whole column at a time, with a plain sentence on whatever could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.ingest import quantities as q
from tidegate.ingest.headers import zone_of
from tidegate.ingest.mapping import SCHEMAS, Mapping
from tidegate.ingest.meanings import is_nothing, level_of, status_of, tagged_level, word_of
from tidegate.ingest.raw import ROW, Raw
from tidegate.ingest.recognise import system_of
from tidegate.ingest.times import Parsed, parse_times
from tidegate.ingest.words import NOBODY, NOTHING
from tidegate.tables.errors import shorten
from tidegate.tables.words import LEVEL, TIME

if TYPE_CHECKING:
    from collections.abc import Callable

_LOWER: Final = frozenset({"requester_email", "type", "channel", "domain", "tier", "payment_status", "lifecycle"})
_KEYS: Final = frozenset(schema.primary_key()[0] for schema in SCHEMAS.values())
_PROSE: Final = frozenset({"subject", "body", "title", "old", "new"})
_COUNTS: Final = frozenset({"reopens", "transfers", "replies", "affected_users"})
_LEVELS: Final = frozenset({"given_level", "first_level", "level"})
_SHOWN: Final = 50  # words of one column that are worth showing
_GRADES: Final = frozenset({"given_impact", "given_urgency"})
_EMAIL: Final = r"([^\s<>,;:\"'()]+@[^\s<>,;:\"'()]+)"
_PEOPLE: Final = r"<[^\s<>]+@[^\s<>]+>|^[^\s,;<>]+@[^\s,;<>]+[,;]"
_AFTER: Final = {"minutes after created_at": 60_000_000, "hours after created_at": 3_600_000_000}


@dataclass(slots=True)
class Converted:
    """A file's rows in our columns and types, the row number first; a cell that could not be read is null."""

    frame: pl.DataFrame
    mapping: Mapping
    notes: list[str] = field(default_factory=list)


def convert(raw: Raw, mapping: Mapping, timezone: str | None) -> Converted:
    """Convert all columns that the mapping knows.

    Parameters
    ----------
    raw
        The file as read.
    mapping
        Which source columns become which of ours; its columns are all in the file.
    timezone
        IANA zone of times that name none; the mapping's, else UTC, when not given.
    """
    return _Conversion(raw, mapping, timezone).run()


class _Conversion:
    """One file's conversion: holds what the columns need from each other, and the notes."""

    def __init__(self, raw: Raw, mapping: Mapping, timezone: str | None) -> None:
        self.raw, self.mapping = raw, mapping
        self.system = system_of(mapping)
        self.timezone = timezone or mapping.timezone or "UTC"
        self.said = bool(timezone or mapping.timezone)
        self.notes: list[str] = []
        self.parsed: dict[str, Parsed] = {}
        self.columns: dict[str, pl.Series] = {}
        self.words: dict[str, dict[str, str]] = {}

    def run(self) -> Converted:
        """Tidy the texts, and convert every other column by its type."""
        schema = SCHEMAS[self.mapping.table].columns()
        sources = {name: self.source(name) for name in self.mapping.columns}
        texts = [name for name in sources if schema[name].dtype == pl.String and name != "language"]
        self.columns |= {name: _text(name, _as_text(sources[name])).alias(name) for name in texts}
        for name, values in sources.items():
            if name not in self.columns:
                self.columns[name] = self.column(name, schema[name].dtype, values).alias(name)
        if self.mapping.table == "tickets":
            self.levels()
        self.tell_times()
        frame = pl.DataFrame([self.raw.frame.get_column(ROW), *self.columns.values()])
        dates = {name: parsed.order for name, parsed in self.parsed.items() if parsed.order}
        zone = self.timezone if any(parsed.naive for parsed in self.parsed.values()) else self.mapping.timezone
        values = {**self.mapping.values, **{name: words for name, words in self.words.items() if words}}
        mapping = replace(self.mapping, dates=self.mapping.dates | dates, timezone=zone, values=values)
        return Converted(frame, mapping, self.notes)

    def source(self, name: str) -> pl.Series:
        """Return the first of the source columns that is not empty, row by row; lists are joined only for lists."""
        sources = [self.raw.frame.get_column(column) for column in self.mapping.columns[name]]
        if name in {"tags", "skills", "languages"}:
            return _together([q.to_list(column, self.mapping.units.get(name)) for column in map(_listed, sources)])
        if name in _COUNTS:
            sources = [_counted(column) for column in sources]
        if len({column.dtype for column in sources}) > 1 or isinstance(sources[0].dtype, pl.List):
            sources = [_as_text(column) for column in sources]
        if self.mapping.units.get(name) == "added up":
            return q.to_sum(sources)
        first, *others = sources
        for other in others:
            first = first.zip_with(first.is_not_null(), other) if first.null_count() else first
        return first

    def column(self, name: str, dtype: pl.DataType, values: pl.Series) -> pl.Series:
        """Convert one column to its type."""
        if dtype == TIME:
            return self.time(name, values)
        if isinstance(dtype, pl.List):
            return values
        values = _as_text(values)
        result = self.value(name, dtype, values)
        if not (dtype == pl.String or name in _LEVELS):
            self.tell_lost(name, values, result)
        return result

    def value(self, name: str, dtype: pl.DataType, values: pl.Series) -> pl.Series:
        """Convert one column of texts that is neither a time nor a list nor plain text."""
        unit = self.mapping.units.get(name)
        special = {
            "language": lambda: q.to_language(values),
            "csat": lambda: self.score(values, unit),
            "handling_minutes": lambda: q.to_minutes(values, unit),
            **dict.fromkeys(_LEVELS, lambda: self.level(name, values)),
            **dict.fromkeys(_GRADES, lambda: q.by_word(values, self.meaning(name, dtype), pl.String()).cast(dtype)),
        }
        if name in special:
            return special[name]()
        if isinstance(dtype, pl.Enum):
            return q.by_word(values, self.meaning(name, dtype), dtype)
        if dtype == pl.Boolean:
            return q.to_flag(values)
        return self.count(values, dtype, unit) if dtype.is_integer() else q.to_number(values)

    def meaning(self, name: str, dtype: pl.DataType) -> Callable[[str], str | None]:
        """Return what the words of a closed column mean: its own values, and the words for them."""
        if name == "status":
            return self.remembered(name, status_of(self.own(name)))
        closed = {word: word for word in dtype.categories} if isinstance(dtype, pl.Enum) else {}
        return word_of(name, {**closed, **self.own(name)})

    def remembered(self, name: str, meaning: Callable[[str], str | None]) -> Callable[[str], str | None]:
        """Keep what the file's words were taken for, to show it and to start a mapping file from."""
        words = self.words.setdefault(name, dict(self.mapping.values.get(name, {})))

        def remember(text: str) -> str | None:
            said = meaning(text)
            if said and len(words) < _SHOWN:
                words[text.strip().lower()] = said
            return said

        return remember

    def count(self, values: pl.Series, dtype: pl.DataType, unit: str | None) -> pl.Series:
        """Read whole numbers, and count from where we count."""
        whole = q.to_whole(values, dtype)
        shift = {"stations": -1, "without the first": 1}.get(unit or "", 0)
        return (whole + shift).clip(0).cast(dtype) if shift else whole

    def own(self, name: str) -> dict[str, str]:
        """Return the words whose meaning the mapping or the system gives; the mapping's go first."""
        system = {"status": self.system.statuses, "priority": self.system.priorities}.get(name, {})
        return {**system, **self.mapping.values.get(name, {})}

    def level(self, name: str, values: pl.Series) -> pl.Series:
        """Read priority words as levels; unknown ones leave null and are told."""
        own = {**self.own("priority"), **self.mapping.values.get(name, {})}
        unit = self.mapping.units.get("priority") if name != "level" else None
        words = values.unique().drop_nulls().to_list()
        level = level_of(own, words, unit)
        levels = q.by_word(values, self.remembered("priority", level) if unit is None else level, LEVEL)
        self.tell_lost("priority" if name == "given_level" else name, values, levels, as_what="a level")
        return levels

    def levels(self) -> None:
        """Read the given level from the priority words, or from the tags where the desk keeps it there."""
        if "given_level" in self.columns:
            return
        if "priority" in self.columns:
            self.columns["given_level"] = self.level("given_level", self.columns["priority"]).alias("given_level")
        elif self.mapping.units.get("priority") == "in tags" and "tags" in self.columns:
            tags = self.columns["tags"].explode(keep_nulls=True, empty_as_null=True)
            level_tags = q.by_word(tags, tagged_level(self.own("priority")), LEVEL)
            rows = pl.Series(range(self.raw.frame.height), dtype=pl.UInt32)
            rows = rows.repeat_by(self.columns["tags"].list.len().fill_null(0).clip(1)).explode()
            found = pl.DataFrame({"row": rows, "given_level": level_tags, "priority": tags})
            least = found.drop_nulls("given_level").sort("row", "given_level").unique("row", keep="first")
            joined = found.select(pl.col("row").unique().sort()).join(
                least, on="row", how="left", maintain_order="left"
            )
            self.columns |= {name: joined.get_column(name) for name in ("priority", "given_level")}

    def time(self, name: str, values: pl.Series) -> pl.Series:
        unit = self.mapping.units.get(name)
        if unit in _AFTER and values.dtype == pl.String and "created_at" in self.columns:
            ticks = (q.to_number(values) * _AFTER[unit]).round().cast(pl.Int64, strict=False).cast(pl.Duration("us"))
            return self.columns["created_at"] + ticks
        zones = {zone_of(column) for column in self.mapping.columns[name]}
        zone = zones.pop() if len(zones) == 1 else None
        parsed = parse_times(_spelled(values), zone or self.timezone, self.mapping.dates.get(name))
        parsed = replace(parsed, naive=0) if zone else parsed
        self.parsed[name] = parsed
        if parsed.unread:
            lost = values.filter(parsed.times.is_null() & values.is_not_null())
            shown = lost.filter(q.told(lost)) if lost.dtype == pl.String else lost
            self.tell(name, parsed.unread, str(shown[0]), "a time")
        return parsed.times

    def score(self, values: pl.Series, unit: str | None) -> pl.Series:
        score, scale = q.to_score(values, unit)
        if scale:
            self.notes.append(f"{self.raw.name}: csat was read on a scale of {scale}")
        return score

    def tell_lost(self, name: str, values: pl.Series, result: pl.Series, as_what: str | None = None) -> None:
        """Note how many cells that say something could not be read, with one of them."""
        if result.null_count() == values.null_count():
            return
        lost = values.filter(result.is_null() & q.told(values))
        if lost.len():
            counts = lost.alias("word").value_counts().sort("count", "word", descending=[True, False])
            words = counts.get_column("word").head(3).to_list()
            known = [word for word in words if not is_nothing(word)]
            self.tell(
                name, lost.len(), ", ".join(map(shorten, known)), as_what or "a value of this column", quoted=True
            )

    def tell(self, name: str, count: int, example: str, what: str, *, quoted: bool = False) -> None:
        shown = example if quoted else shorten(example)
        self.notes.append(f"{self.raw.name}: {count:,} cells of {name} are not {what}, such as {shown}; left empty")

    def tell_times(self) -> None:
        """Note how times without a zone, and dates such as 03/04/2021, were read."""
        count = sum(parsed.naive for parsed in self.parsed.values())
        if count and not self.said:
            self.notes.append(f"{self.raw.name}: {count:,} times name no zone and were read as UTC; say --timezone")
        twice = sum(parsed.twice for parsed in self.parsed.values())
        never = sum(parsed.never for parsed in self.parsed.values())
        if twice:
            self.notes.append(
                f"{self.raw.name}: {twice:,} times happened twice in {self.timezone}; the earlier was taken"
            )
        if never:
            self.notes.append(
                f"{self.raw.name}: {never:,} times were skipped by the clocks of {self.timezone}; moved on"
            )
        for name, parsed in self.parsed.items():
            if parsed.order and not parsed.certain:
                self.notes.append(
                    f"{self.raw.name}: dates of {name} were read {parsed.order}, which their values do not settle; "
                    f"a mapping file can say it under `dates`"
                )


def _as_text(values: pl.Series) -> pl.Series:
    if isinstance(values.dtype, pl.List):
        texts = values.list.eval(pl.element().cast(pl.String)).list.join(", ", ignore_nulls=True)
        return texts.set(texts == "", None)
    return values if values.dtype == pl.String else values.cast(pl.String)


def _counted(values: pl.Series) -> pl.Series:
    """Return how many a list holds, where the things themselves stand for their number."""
    return values.list.len().cast(pl.String) if isinstance(values.dtype, pl.List) else values


def _listed(values: pl.Series) -> pl.Series:
    return values if values.dtype in {pl.String, pl.List(pl.String)} else _as_text(values)


def _together(lists: list[pl.Series]) -> pl.Series:
    """Join the lists of several columns, each word once."""
    first, *others = lists
    if not others:
        return first
    frame = pl.DataFrame([column.alias(str(place)) for place, column in enumerate(lists)])
    filled = [pl.col(name).fill_null([]) for name in frame.columns]
    joined = pl.concat_list(filled).list.unique(maintain_order=True)
    return frame.select(pl.when(~pl.all_horizontal(pl.all().is_null())).then(joined)).to_series()


def _spelled(values: pl.Series) -> pl.Series:
    """Return times as text or as they are; numbers (seconds since 1970) become text."""
    if values.dtype.is_temporal() or values.dtype == pl.String:
        return values
    return values.cast(pl.Int64, strict=False).cast(pl.String) if values.dtype.is_numeric() else _as_text(values)


def _text(name: str, values: pl.Series) -> pl.Series:
    """Tidy a text: identifiers and names lose their margins, words for nothing become null, prose stays as it is.

    Only the distinct texts are looked at, and most files need no change; a column in which every text is another one,
    as a table's key is, is tidied as it stands.
    """
    if name in _PROSE:
        return values
    if name in _KEYS:
        return _tidied(name, values)
    words = values.unique()
    tidied = _tidied(name, words)
    return values if tidied.equals(words) else values.replace_strict(words, tidied, return_dtype=pl.String)


def _tidied(name: str, values: pl.Series) -> pl.Series:
    text = values.str.strip_chars()
    text = text.str.to_lowercase() if name in _LOWER else text
    text = text.set(text.is_in(_empty_words(name)), None)
    special = {"requester_email": _email, "requester_id": _person}.get(name)
    return special(text) if special else text


def _email(texts: pl.Series) -> pl.Series:
    """Return the first address of "Ann <ann@example.com>, bo@example.com"; null where there is none."""
    plain = texts.str.contains(r"^[^\s<>,;@]+@[^\s<>,;@]+$")
    return texts if plain.all() else texts.zip_with(plain, texts.str.extract(_EMAIL, 1))


def _person(texts: pl.Series) -> pl.Series:
    """Return the first address of a list of people, or of "Ann <ann@example.com>"; any other text as it is."""
    listed = texts.str.contains(_PEOPLE)
    return texts.zip_with(~listed.fill_null(value=False), texts.str.extract(_EMAIL, 1)) if listed.any() else texts


def _empty_words(name: str) -> list[str]:
    """Return the texts that stand for an empty cell of a column, in the usual cases."""
    words = {""} if name.endswith("_id") else NOTHING | (NOBODY if name in {"assignee", "group"} else set())
    words = words - {"none"} if name == "priority" else words
    return sorted({case for word in words for case in (word, word.upper(), word.capitalize(), word.title())})


__all__ = ["Converted", "convert"]
