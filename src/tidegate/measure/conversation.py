"""What a ticket's messages say: first answers, turns, waits for the next answer, who spoke last."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.measure.meaning import meaningful
from tidegate.measure.repair import FIRST_OF_TICKET, SAME_TICKET

CHASED_AFTER_MINUTES: Final = 60
"""A requester who writes again unanswered sooner than this is adding something, not chasing."""

PEOPLE: Final = ("agent", "other")
"""Who answers: a bot or the system answers nothing."""


def public_messages(messages: pl.DataFrame, requester: pl.Series) -> pl.DataFrame:
    """Messages that the requester can see, with their side.

    Parameters
    ----------
    messages
        As `repair.repair_log` leaves them.
    requester
        Requester of every ticket, by position. An author who is the requester counts as such, whatever ``author_kind``.

    Returns
    -------
    DataFrame
        The public rows with ``ours`` (somebody other than the requester).
    """
    seen = messages.filter(pl.col("public"))
    asked = (seen["author_kind"] == "requester") | (seen["author"] == requester.gather(seen["row"])).fill_null(
        value=False
    )
    return seen.with_columns(ours=~asked)


def first_answers(public: pl.DataFrame) -> pl.DataFrame:
    """First answers of each ticket that has one.

    Returns
    -------
    DataFrame
        ``row``, ``answered_early`` (an answer is dated before the opening), ``answered_at`` (by anybody other than the
        requester), ``human_at`` (by a person), ``answers`` (by people).
    """
    ours, person = public.filter("ours"), pl.col("author_kind").is_in(PEOPLE)
    return ours.group_by("row", maintain_order=True).agg(
        answered_early=pl.col("early").any(),
        answered_at=pl.col("at").first(),
        human_at=pl.col("at").filter(person).first(),
        answers=person.sum().cast(pl.Int32),
    )


def first_meaningful(public: pl.DataFrame) -> pl.DataFrame:
    """First answer of a person that says something, see `meaning.meaningful`: ``row``, ``meaningful_at``.

    Later answers are read only where the first one does not do, which is why this is two steps.
    """
    people = public.filter(pl.col("ours") & pl.col("author_kind").is_in(PEOPLE))
    first = people.filter(FIRST_OF_TICKET)
    good = first.filter(meaningful(first["body"]))
    rest = people.filter(~FIRST_OF_TICKET).join(good.select("row"), on="row", how="anti", maintain_order="left")
    later = rest.filter(meaningful(rest["body"])).filter(FIRST_OF_TICKET)
    return pl.concat([good, later]).select("row", meaningful_at="at")


def between_people(public: pl.DataFrame) -> pl.DataFrame:
    """Leave out what bots and the system said: it neither answers nor ends a wait."""
    return public.filter(~pl.col("ours") | pl.col("author_kind").is_in(PEOPLE))


def turns(public: pl.DataFrame) -> pl.DataFrame:
    """Find the runs of messages of one side.

    Returns
    -------
    DataFrame
        ``row``, ``ours``, ``start``, ``next`` (start of the other side's next run, null while there is none),
        ``after_answer`` (a run of the requester's that follows an answer).
    """
    starts = public.filter(~(SAME_TICKET & (pl.col("ours") == pl.col("ours").shift(1))).fill_null(value=False))
    return starts.select(
        "row",
        "ours",
        start="at",
        next=pl.when(pl.col("row") == pl.col("row").shift(-1)).then(pl.col("at").shift(-1)),
        after_answer=(SAME_TICKET & ~pl.col("ours")).fill_null(value=False),
    )


def back_and_forths(runs: pl.DataFrame) -> pl.DataFrame:
    """Count the requester's returns after an answer and say who spoke last.

    Returns
    -------
    DataFrame
        ``row``, ``back_and_forths``, ``ours_last``.
    """
    return runs.group_by("row", maintain_order=True).agg(
        back_and_forths=pl.col("after_answer").sum().cast(pl.Int32), ours_last=pl.col("ours").last()
    )


def chased(public: pl.DataFrame) -> pl.DataFrame:
    """Find when the requester first wrote again, an hour or more after an own message that had no answer.

    Returns
    -------
    DataFrame
        ``row``, ``chased_at``.
    """
    pause = (pl.col("at") - pl.col("at").shift(1)) >= pl.duration(minutes=CHASED_AFTER_MINUTES)
    again = public.filter(SAME_TICKET & ~pl.col("ours") & ~pl.col("ours").shift(1) & pause)
    return again.group_by("row", maintain_order=True).agg(chased_at=pl.col("at").first())


__all__ = [
    "CHASED_AFTER_MINUTES",
    "PEOPLE",
    "back_and_forths",
    "between_people",
    "chased",
    "first_answers",
    "first_meaningful",
    "public_messages",
    "turns",
]
