"""When a text says that something must be done: "by Friday 5pm", "before EOD", "bis morgen 12 Uhr", "until 2026-03-05"."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Final

import polars as pl

FARTHEST: Final = timedelta(days=120)
"""A date farther ahead is not a deadline of this ticket."""
NEAREST: Final = timedelta(minutes=5)
DAY_ENDS: Final = time(17)
"""When a day's deadline without a time of day falls due."""

_CUE: Final = (
    r"by|before|until|till|no later than|not later than|latest by|at the latest|due|due by|due on|deadline is|deadline|needed by|"
    r"bis|bis zum|bis spatestens|spatestens|vor dem|vor|avant|avant le|d ici|d'ici|jusqu a|jusqu'a|pour|au plus tard|antes del|antes de|antes das|antes do|"
    r"para el|para la|para las|hasta el|hasta las|ate|ate as|ate o|ate a|para|a mas tardar|entro|entro il|entro le|prima del|prima delle|prima di|per|within|in|innerhalb von|"
    r"sous|dentro de|dans les|en|em|entro e non oltre"
)
_DAYS: Final = {
    "monday": 1, "mon": 1, "tuesday": 2, "tue": 2, "tues": 2, "wednesday": 3, "wed": 3, "thursday": 4, "thu": 4, "thurs": 4,
    "friday": 5, "fri": 5, "saturday": 6, "sat": 6, "sunday": 7, "sun": 7,
    "montag": 1, "dienstag": 2, "mittwoch": 3, "donnerstag": 4, "freitag": 5, "samstag": 6, "sonnabend": 6, "sonntag": 7,
    "lundi": 1, "mardi": 2, "mercredi": 3, "jeudi": 4, "vendredi": 5, "samedi": 6, "dimanche": 7,
    "lunes": 1, "martes": 2, "miercoles": 3, "jueves": 4, "viernes": 5, "sabado": 6, "domingo": 7,
    "segunda": 1, "terca": 2, "quarta": 3, "quinta": 4, "sexta": 5, "segunda-feira": 1, "terca-feira": 2,
    "quarta-feira": 3, "quinta-feira": 4, "sexta-feira": 5,
    "lunedi": 1, "martedi": 2, "mercoledi": 3, "giovedi": 4, "venerdi": 5, "sabato": 6, "domenica": 7,
}  # fmt: skip
_TODAY: Final = (
    "end of the business day|end of business|end of the day|end of day|close of business|close of play|eod|cob|eob|today|tonight|this evening|this afternoon|"
    "noon|midday|heute abend|heute|feierabend|ende des tages|ce soir|aujourd'hui|aujourd hui|fin de journee|la fin de la journee|midi|hoy|esta noche|esta tarde|"
    "final del dia|fin del dia|hoje|final do dia|fim do dia|stasera|oggi|fine giornata|mezzogiorno"
)
_TOMORROW: Final = "tomorrow|tmrw|tmr|tomorow|morgen|demain|manana|amanha|domani"
_WEEK: Final = (
    "end of the week|end of week|eow|this week|ende der woche|ende dieser woche|wochenende|fin de semaine|la fin de la semaine|fin de la semana|final de la semana|"
    "fin de semana|final da semana|fim da semana|fine settimana|the weekend"
)
_MONTHS: Final = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5, "june": 6, "jun": 6,
    "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9, "october": 10, "oct": 10,
    "november": 11, "nov": 11, "december": 12, "dec": 12, "januar": 1, "februar": 2, "marz": 3, "mai": 5, "juni": 6,
    "juli": 7, "oktober": 10, "dezember": 12, "janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "juin": 6,
    "juillet": 7, "aout": 8, "septembre": 9, "octobre": 10, "novembre": 11, "decembre": 12, "enero": 1, "febrero": 2,
    "marzo": 3, "abril": 4, "mayo": 5, "junio": 6, "julio": 7, "agosto": 8, "septiembre": 9, "octubre": 10,
    "noviembre": 11, "diciembre": 12, "janeiro": 1, "fevereiro": 2, "marco": 3, "maio": 5, "junho": 6, "julho": 7,
    "setembro": 9, "outubro": 10, "novembro": 11, "dezembro": 12, "gennaio": 1, "febbraio": 2, "aprile": 4, "maggio": 5,
    "giugno": 6, "luglio": 7, "settembre": 9, "ottobre": 10, "dicembre": 12,
}  # fmt: skip
_UNITS: Final = {
    "minute": 1, "minutes": 1, "min": 1, "mins": 1, "minuten": 1, "minutos": 1, "minuti": 1,
    "hour": 60, "hours": 60, "hrs": 60, "hr": 60, "stunden": 60, "stunde": 60, "heures": 60, "heure": 60, "horas": 60, "hora": 60, "ore": 60, "ora": 60,
    "day": 1440, "days": 1440, "business days": 1440, "working days": 1440, "tage": 1440, "tagen": 1440, "tag": 1440, "jours": 1440, "jour": 1440, "dias": 1440, "dia": 1440, "giorni": 1440, "giorno": 1440,
    "week": 10080, "weeks": 10080, "woche": 10080, "wochen": 10080, "semaine": 10080, "semaines": 10080, "semana": 10080, "semanas": 10080, "settimana": 10080, "settimane": 10080,
}  # fmt: skip
_COUNTS: Final = {"an": 1, "a": 1, "one": 1, "the": 1, "the next": 1, "two": 2, "three": 3, "einer": 1, "zwei": 2, "drei": 3, "une": 1, "un": 1, "una": 1, "uma": 1, "deux": 2, "dos": 2, "duas": 2, "due": 2, "24": 24}  # fmt: skip
_WEEKDAY: Final = "|".join(sorted(_DAYS, key=lambda name: (-len(name), name)))
_MONTH: Final = "|".join(sorted(_MONTHS, key=lambda name: (-len(name), name)))
_UNIT: Final = "|".join(sorted(_UNITS, key=lambda name: (-len(name), name)))
_DATE: Final = (
    rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}[./]\d{{1,2}}[./](?:\d{{4}}|\d{{2}})|\d{{1,2}}\.\d{{1,2}}\.|\d{{1,2}}/\d{{1,2}}|"
    rf"(?:{_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th|er|o|\.)? (?:of |de )?(?:{_MONTH})"
)
_CLOCK: Final = (
    r"\d{1,2}[:.h]\d{2} ?(?:am|pm|uhr|h)?|\d{1,2} ?(?:am|pm|a\.m\.|p\.m\.|uhr|heures)|\d{1,2}h"
)
_LINK: Final = r"(?:,? (?:the|den|dem|le|el|la|las|il|next|this|coming|nachsten|kommenden|at|um|a|as|alle|ore|les|on|am|of|kurz)){0,3},? ?"
_WHEN: Final = rf"(?:(?P<today>{_TODAY})|(?P<tomorrow>{_TOMORROW})|(?P<week>{_WEEK})|(?P<weekday>{_WEEKDAY})|(?P<date>{_DATE}))"
_STATED: Final = rf"(?:^|[^a-z0-9])(?P<cue>{_CUE}){_LINK} ?(?:(?P<first>{_CLOCK}){_LINK} ?)?(?:(?:end of |ende |fin de |final de )?{_WHEN}(?:{_LINK} ?(?P<last>{_CLOCK}))?)(?:[^a-z0-9]|$)"
_AT: Final = rf"(?:^|[^a-z0-9])(?:by|before|until|bis|avant|antes de las|ate as|entro le){_LINK} ?(?P<only>{_CLOCK})(?:[^a-z0-9]|$)"
_SPAN: Final = rf"(?:^|[^a-z0-9])(?:within|in less than|in the next|innerhalb(?: von)?|in den nachsten|dans les|d'ici|sous|dentro de|en menos de|nas proximas|em ate|entro)(?: the next| the)? (?P<count>\d{{1,3}}|{'|'.join(_COUNTS)}) ?(?P<unit>{_UNIT})(?:[^a-z0-9]|$)"


def deadlines(flat_texts: pl.Series, created_at: pl.Series, *, zone: str = "UTC", day_ends: time = DAY_ENDS) -> pl.DataFrame:
    """Read the first stated deadline of every text.

    Parameters
    ----------
    flat_texts
        Views made by `phrases.flat`.
    created_at
        When each text was written, UTC; null where it is not known: then no deadline is read.
    zone
        Time zone in which the writer's clock runs.
    day_ends
        When a day's deadline without a time of day falls due, in that zone.

    Returns
    -------
    pl.DataFrame
        ``row``, ``deadline_at`` (UTC), ``start``, ``end`` (characters of the original). Rows without a deadline, or with
        one that has passed or lies farther ahead than `FARTHEST`, are absent. A date like 5/4 is read as the nearer of
        its two meanings.
    """
    frame = pl.DataFrame({"view": flat_texts, "created": created_at}).with_row_index("row").drop_nulls("created")
    frame = frame.with_columns(here=pl.col("created").dt.convert_time_zone(zone))
    found = pl.concat([_stated(frame, day_ends), _at(frame), _within(frame)], how="diagonal")
    return (
        found.with_columns(deadline_at=pl.col("deadline_at").dt.convert_time_zone("UTC").dt.cast_time_unit("us"))
        .filter(pl.col("deadline_at").is_between(pl.col("created") + NEAREST, pl.col("created") + FARTHEST))
        .sort("row", "start", maintain_order=True)
        .unique("row", keep="first", maintain_order=True)
        .select("row", "deadline_at", "start", "end")
    )


def _matches(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    view = pl.col("view")
    whole = rf"({pattern})"
    return (
        frame.filter(view.str.contains(pattern))
        .with_columns(
            start=view.str.find(pattern).cast(pl.Int32), quote=view.str.extract(whole), parts=view.str.extract_groups(pattern)
        )
        .unnest("parts")
        .with_columns(lead=pl.col("quote").str.extract(r"^([^a-z0-9]?)").str.len_bytes().cast(pl.Int32))
        .with_columns(
            start=pl.col("start") + pl.col("lead"),
            end=pl.col("start") + pl.col("quote").str.strip_chars_end(" \n\t.,;:!?)(\"'").str.len_bytes().cast(pl.Int32),
        )
    )


def _stated(frame: pl.DataFrame, day_ends: time) -> pl.DataFrame:
    """Cue and day, with a time of day before or after it."""
    hits = _matches(frame, _STATED)
    here, midnight = pl.col("here"), pl.col("here").dt.truncate("1d")
    weekday = pl.col("weekday").replace_strict(_DAYS, default=None, return_dtype=pl.Int8)
    ahead = (weekday - here.dt.weekday()) % 7
    days = (
        pl.when(pl.col("today").is_not_null()).then(0)
        .when(pl.col("tomorrow").is_not_null()).then(1)
        .when(pl.col("week").is_not_null()).then((5 - here.dt.weekday()) % 7)
        .otherwise(pl.when(ahead == 0).then(7).otherwise(ahead))
    )  # fmt: skip
    minutes = pl.coalesce(
        _minutes(pl.coalesce("last", "first")),
        pl.when(pl.col("today").is_in(["noon", "midday", "midi", "mezzogiorno"])).then(12 * 60),
        pl.lit(day_ends.hour * 60 + day_ends.minute),
    )
    day = pl.coalesce(_date(here), midnight.dt.date().dt.offset_by(pl.format("{}d", days.fill_null(0))))
    dated = pl.any_horizontal(pl.col("today", "tomorrow", "week", "weekday", "date").is_not_null())
    return hits.filter(dated).with_columns(deadline_at=_moment(day, minutes))


def _at(frame: pl.DataFrame) -> pl.DataFrame:
    """A time of day alone: its next occurrence."""
    hits = _matches(frame, _AT).with_columns(minutes=_minutes(pl.col("only")))
    now = pl.col("here").dt.hour().cast(pl.Int32) * 60 + pl.col("here").dt.minute()
    day = pl.col("here").dt.date().dt.offset_by(pl.when(pl.col("minutes") <= now).then(pl.lit("1d")).otherwise(pl.lit("0d")))
    return hits.with_columns(deadline_at=_moment(day, pl.col("minutes"))).drop_nulls("deadline_at")


def _within(frame: pl.DataFrame) -> pl.DataFrame:
    """A span from the moment of writing."""
    count = pl.coalesce(
        pl.col("count").cast(pl.Int64, strict=False), pl.col("count").replace_strict(_COUNTS, default=None, return_dtype=pl.Int64)
    )
    unit = pl.col("unit").replace_strict(_UNITS, default=None, return_dtype=pl.Int64)
    return _matches(frame, _SPAN).with_columns(deadline_at=pl.col("here") + pl.duration(minutes=count * unit))


def _moment(day: pl.Expr, minutes: pl.Expr) -> pl.Expr:
    """A local day and minutes into it, in the zone of ``here``, by the wall clock."""
    wall = day.cast(pl.Datetime("us")) + pl.duration(minutes=minutes)
    return (pl.col("here") + (wall - pl.col("here").dt.replace_time_zone(None))).alias("deadline_at")


def _minutes(clock: pl.Expr) -> pl.Expr:
    """Minutes into the day of a written time of day; null where it is none."""
    hour = clock.str.extract(r"^(\d{1,2})").cast(pl.Int32)
    minute = clock.str.extract(r"^\d{1,2}[:.h](\d{2})").cast(pl.Int32).fill_null(0)
    half = clock.str.contains(r"p\.?m") & (hour < 12)
    night = clock.str.contains(r"a\.?m") & (hour == 12)
    hours = pl.when(half).then(hour + 12).when(night).then(0).otherwise(hour)
    return pl.when((hours < 24) & (minute < 60)).then(hours * 60 + minute)


def _date(here: pl.Expr) -> pl.Expr:
    """Date of a written one: ISO, day and month in figures, or a month's name. A missing year is the next that fits."""
    text = pl.col("date")
    figures = text.str.extract_all(r"\d+")
    first, second, third = (figures.list.get(at, null_on_oob=True).cast(pl.Int32, strict=False) for at in range(3))
    iso = pl.date(first, second, third)
    month = text.str.extract(rf"({_MONTH})").replace_strict(_MONTHS, default=None, return_dtype=pl.Int32)
    year = pl.when(third < 100).then(third + 2000).otherwise(third)
    today = here.dt.date()
    named = _next(first, month, today)
    candidates = [_next_or(first, second, year, today), pl.when(text.str.contains("/")).then(_next_or(second, first, year, today))]
    return pl.when(text.str.contains(r"^\d{4}-")).then(iso).when(month.is_not_null()).then(named).otherwise(pl.min_horizontal(candidates))


def _next_or(day: pl.Expr, month: pl.Expr, year: pl.Expr, today: pl.Expr) -> pl.Expr:
    return pl.when(year.is_not_null()).then(_valid(year, month, day)).otherwise(_next(day, month, today))


def _next(day: pl.Expr, month: pl.Expr, today: pl.Expr) -> pl.Expr:
    this = _valid(today.dt.year(), month, day)
    return pl.when(this >= today).then(this).otherwise(_valid(today.dt.year() + 1, month, day))


def _valid(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Date, or null where there is no such day."""
    text = pl.format("{}-{}-{}", year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2))
    return text.str.to_date("%Y-%m-%d", strict=False)
