"""Looking up the tickets of a log."""

from __future__ import annotations

import polars as pl
import pytest

from tidegate.enrich.ledger import place, positions

IDS = pl.Series("ticket_id", ["a", "bb", "cc", "dd"])


@pytest.mark.parametrize("digest", [pl.Series.hash, lambda texts: texts.str.len_chars(), lambda texts: texts])
def test_a_name_is_found_where_it_stands_even_if_digests_are_shared(digest: object) -> None:
    names = pl.Series(["cc", "a", "b", "ee", "cc"])
    assert positions(names, IDS, digest).to_list() == [2, 0, None, None, 2]  # type: ignore[arg-type]
    assert positions(IDS.clear(), IDS, digest).to_list() == []  # type: ignore[arg-type]


def test_rows_of_unknown_tickets_are_left_out_and_the_rest_keep_their_order() -> None:
    log = pl.DataFrame({"ticket_id": ["dd", "dd", "x", "a", "dd"], "n": [1, 2, 3, 4, 5]})
    assert place(log, IDS.to_frame()).to_dict(as_series=False) == {"n": [1, 2, 4, 5], "row": [3, 3, 0, 3]}
