"""How often each intent comes up at a desk, estimated from its tickets without a single label.

A reader's confidence assumes a mix of intents. Where a desk has another, Bayes' rule moves every chance by the ratio of
the two, and the desk's mix is the one that makes its tickets most likely: expectation maximisation, Saerens, Latinne
and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities", Neural Computation 14.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tidegate.read import mail
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl
    from numpy.typing import NDArray

    from tidegate.read.model import Model

    Progress = Callable[[int, int], None]

FEWEST: Final = 200
"""Tickets from which a mix is estimated: with fewer, chance makes more of it than the desk does."""

_BLOCK: Final = 4096
_CLOSE: Final = 1e-6
_ROUNDS: Final = 1000


def estimate(chances: NDArray[np.float64], assumed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimate a desk's mix, and stop half of the way from the mix that was assumed: else rare intents vanish.

    Parameters
    ----------
    chances
        Shape (tickets, intents): what a reader says of each ticket.
    assumed
        Shape (intents,): the mix that its confidence assumes, each above 0; sums to 1.

    Returns
    -------
    ndarray
        Shape (intents,): at least half of what was assumed of each; sums to 1.
    """
    found = assumed
    for _ in range(_ROUNDS):
        moved = chances * (found / assumed)
        here = (moved / moved.sum(axis=1, keepdims=True)).mean(axis=0)
        before, found = found, (here + assumed) / 2
        if np.abs(found - before).max() < _CLOSE:
            break
    return found


def settle(model: Model, tickets: pl.DataFrame, progress: Progress | None = None) -> tuple[Model, dict[str, Any]]:
    """Give a model the mix of the desk that tickets come from.

    Parameters
    ----------
    model
        The packaged one, or another that knows its mix.
    tickets
        Valid by `tables.Tickets`; those without text count for nothing.
    progress
        Called with tickets read and tickets in all.

    Returns
    -------
    tuple
        The model, and its card: a part ``about``, and a part ``mix`` with each intent's share as assumed and here.

    Raises
    ------
    InputError
        If fewer than `FEWEST` tickets have text; the message says how many are missing.
    """
    names = next(head.classes for head in model.heads.heads if head.name == "intent")
    chances = np.concatenate([np.zeros((0, len(names))), *_chances(model, tickets, progress)])
    if len(chances) < FEWEST:
        few, missing = len(chances), FEWEST - len(chances)
        raise InputError(f"too little to learn from: {few:,} tickets have text, {missing:,} fewer than are needed")
    assumed = np.array(model.mix)
    here = estimate(chances, assumed)
    heads = model.heads.moved("intent", np.log(here / assumed))
    shares = [
        {"intent": name, "assumed": round(float(before), 4), "here": round(float(now), 4)}
        for name, before, now in zip(names, assumed, here, strict=True)
    ]
    return replace(model, heads=heads, mix=tuple(here.tolist())), {"about": {"tickets": len(chances)}, "mix": shares}


def _chances(model: Model, tickets: pl.DataFrame, progress: Progress | None) -> Iterator[NDArray[np.float64]]:
    """Give what a model says of the tickets that have text, a block of tickets at a time."""
    for start in range(0, tickets.height, _BLOCK):
        block = tickets[start : start + _BLOCK]
        texts = mail.clean(mail.original(block))["text"]
        texts = texts.filter(texts.str.strip_chars() != "")
        head, logits = model.heads.split(model.heads.text_logits(texts, model.embedding))["intent"]
        yield head.probabilities(logits)
        if progress is not None:
            progress(start + block.height, tickets.height)
