"""Whose ticket it is: accounts found by key, by mail domain or by name, and what the business knows about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.tables.contracts import Accounts
from tidegate.tables.facts import FACTS
from tidegate.tables.words import TIME

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

# fmt: off
FREEMAIL: Final = frozenset({
    "126.com", "163.com", "aol.com", "bluewin.ch", "btinternet.com", "comcast.net", "duck.com", "email.com",
    "fastmail.com", "foxmail.com", "free.fr", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net",
    "googlemail.com", "hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.es", "hotmail.fr",
    "hotmail.it", "icloud.com", "inbox.com", "interia.pl", "laposte.net", "libero.it", "live.com", "live.co.uk",
    "live.fr", "mac.com", "mail.com", "mail.ru", "mailbox.org", "me.com", "msn.com", "naver.com", "onet.pl",
    "orange.fr", "outlook.com", "outlook.de", "outlook.fr", "posteo.de", "proton.me", "protonmail.com", "qq.com",
    "rediffmail.com", "seznam.cz", "sfr.fr", "t-online.de", "tutanota.com", "verizon.net", "wanadoo.fr", "web.de",
    "wp.pl", "yahoo.ca", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.com.br", "yahoo.de",
    "yahoo.es", "yahoo.fr", "yahoo.it", "yandex.com", "yandex.ru", "ymail.com", "zoho.com",
})
# fmt: on
"""Mail domains that say nothing about an employer."""

_LEGAL: Final = (
    "ab|ag|as|asa|bv|co|company|corp|corporation|gmbh|inc|incorporated|kg|kk|limited|llc|llp|ltd|nv|oy|plc|pty|sa|sarl|"
    "sas|se|spa|srl"
)
_COLUMNS: Final = tuple(name for name in Accounts.columns() if name in FACTS and FACTS[name].source == "account")
_DAY: Final = 86_400_000_000
_WAYS: Final = ("id", "domain", "name")


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The account of each ticket.

    Parameters
    ----------
    row
        Position in the accounts table, UInt32; null where none was found.
    how
        ``id``, ``domain`` or ``name``; null where none was found.
    counts
        Tickets matched by ``id``, ``domain`` and ``name``; ``unknown`` ones that name an account, a domain or a company
        which is not in the table; ``ambiguous`` ones that fit several accounts and were given none.
    """

    row: pl.Series
    how: pl.Series
    counts: dict[str, int]


def match_accounts(tickets: pl.DataFrame, accounts: pl.DataFrame) -> Matches:
    """Find each ticket's account: by its key, else by the requester's mail domain, else by the company's name.

    A domain or a name that several accounts share is no match. Domains of mail providers are never matched. Names are
    compared without case, accents, punctuation and legal forms such as Ltd or GmbH.

    Parameters
    ----------
    tickets, accounts
        As `tables.Tickets` and `tables.Accounts`.
    """
    row = np.full(len(tickets), -1, np.int64)
    how = np.zeros(len(tickets), np.uint8)
    named, shared = np.zeros(len(tickets), bool), np.zeros(len(tickets), bool)
    for way, (of_ticket, of_account, fold) in enumerate(_KEYS):
        rest = np.flatnonzero(row < 0)
        hit = _hits(tickets[of_ticket].gather(rest), _owners(accounts[of_account], fold), fold)
        alone = rest[(hit["owners"] == 1).to_numpy()]
        row[alone], how[alone] = hit["row"].filter(hit["owners"] == 1).to_numpy(), way + 1
        named[rest] |= hit["key"].is_not_null().to_numpy()
        shared[rest] |= (hit["owners"] > 1).to_numpy()
    unknown = row < 0
    counts = {name: int((how == way + 1).sum()) for way, name in enumerate(_WAYS)}
    counts |= {"unknown": int((unknown & named & ~shared).sum()), "ambiguous": int((unknown & shared).sum())}
    names = pl.Series("account_match", [None, *_WAYS], dtype=pl.String)
    return Matches(pl.Series("row", row).replace(-1, None).cast(pl.UInt32), names.gather(how), counts)


def account_facts(accounts: pl.DataFrame, matches: Matches, now: datetime) -> pl.DataFrame:
    """Bring what is known about each ticket's account to the ticket.

    Returns
    -------
    DataFrame
        The account facts of `tables.facts`, a row a ticket; nulls where the account is not known.
    """
    known = accounts.select(pl.col(name).cast(FACTS[name].dtype) for name in _COLUMNS).with_columns(
        pl.col("tier", "payment_status", "lifecycle").str.strip_chars().str.to_lowercase(),
        days_to_renewal=(pl.col("renewal_at") - pl.lit(now, TIME)).dt.total_microseconds() / _DAY,
    )
    return known[matches.row].with_columns(account_known=matches.row.is_not_null(), account_match=matches.how)


def account_ids(tickets: pl.DataFrame, accounts: pl.DataFrame, matches: Matches) -> pl.Series:
    """Name each ticket's account: the one that was found, else the one that the help desk wrote down."""
    return accounts["account_id"][matches.row].zip_with(matches.row.is_not_null(), tickets["account_id"])


def _as_it_is(key: pl.Expr) -> pl.Expr:
    return key


def _mail_domain(address: pl.Expr) -> pl.Expr:
    """Take the domain of an address, or a domain by itself; null for providers that anybody may use."""
    domain = address.str.to_lowercase().str.extract(r"([^@\s]+)\s*$")
    return pl.when(~domain.is_in(FREEMAIL)).then(domain)


def _folded(name: pl.Expr) -> pl.Expr:
    """Spell a company's name as people would compare it; null if nothing is left."""
    plain = name.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    words = plain.str.replace_all(r"[^\p{L}\p{N}&]+", " ").str.strip_chars()
    short = words.str.replace(rf"(?: (?:{_LEGAL}))+$", "")
    return pl.when(short != "").then(short)


_KEYS: Final[tuple[tuple[str, str, Callable[[pl.Expr], pl.Expr]], ...]] = (
    ("account_id", "account_id", _as_it_is),
    ("requester_email", "domain", _mail_domain),
    ("account_name", "name", _folded),
)
"""Column of the ticket, column of the account, and what both are compared by; in the order of `_WAYS`."""


def _hits(values: pl.Series, owners: pl.DataFrame, fold: Callable[[pl.Expr], pl.Expr]) -> pl.DataFrame:
    """Look up each value's owners; values repeat, so that each is folded once."""
    once = values.unique().drop_nulls().alias("value").to_frame().with_columns(key=fold(pl.col("value")))
    hits = once.join(owners, on="key", how="left")
    found = values.alias("value").to_frame().join(hits, on="value", how="left", maintain_order="left")
    return found.with_columns(pl.col("owners").fill_null(0))


def _owners(values: pl.Series, fold: Callable[[pl.Expr], pl.Expr]) -> pl.DataFrame:
    """List each key once, with its row and how many accounts have it."""
    keys = values.alias("key").to_frame().with_row_index("row").with_columns(fold(pl.col("key")))
    return keys.drop_nulls("key").group_by("key").agg(pl.col("row").first(), owners=pl.len())


__all__ = ["FREEMAIL", "Matches", "account_facts", "account_ids", "match_accounts"]
