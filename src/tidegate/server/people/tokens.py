"""Programs' keys to the API: ``tg_``, a prefix that may be shown, ``_``, and 256 random bits that are shown once.

Only the SHA-256 of the random part is kept: of 256 random bits a slow hash protects nothing more.
docs/decisions/token-format.md says what else was considered.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from tidegate.server.people import audit, secrets
from tidegate.server.people.models import Token
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

    from tidegate.server.people.models import Person

MARK: Final = "tg"
SCOPES: Final = {
    "facts:write": "send tickets, messages, events, accounts, incidents and agents",
    "queue:read": "read the queue, tickets, their places and the reasons",
    "claims:write": "take the next ticket for an agent, assign, set aside and call back",
    "overrides:write": "override a level, lane, intent or route, and take it back",
    "overrides:read": "read overrides, and export them as training rows",
    "actions:write": "send and cancel actions of the outbox, and close escalations, for a lead",
}
"""What a token may do. It sees the tickets of all groups."""
USE_NOTED_EVERY: Final = timedelta(minutes=1)
HOLDS: Final = "t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())"
"""In SQL, of a token ``t``: what `holds` says."""
RECALLED: Final = 60.0
"""Seconds for which `token_recall` believes what it read."""
_RECALLED_MOST: Final = 1_000
_recalled: dict[str, tuple[float, Token]] = {}


@dataclass(frozen=True)
class Issued:
    """A new token and what is shown once."""

    token: Token
    key: str = field(repr=False)
    signing_secret: str = field(default="", repr=False)
    """Of signed webhooks; empty where the token signs nothing."""


@transaction.atomic
def token_create(
    *,
    by: Person,
    name: str,
    source: str,
    scopes: Collection[str],
    expires_at: datetime | None = None,
    signs: bool = False,
) -> Issued:
    """Make a token.

    Raises
    ------
    InputError
        If a scope is unknown or none is given, or the token would expire in the past.
    """
    _check(scopes, expires_at)
    prefix, secret = random.token_hex(6), random.token_urlsafe(32)
    signing = random.token_urlsafe(32) if signs else ""
    token = Token.objects.create(
        name=name,
        source=source,
        prefix=prefix,
        digest=_digest(secret),
        scopes=sorted(scopes),
        signing_secret=secrets.seal(signing) if signs else b"",
        created_by=by,
        expires_at=expires_at,
    )
    audit.record(actor=by, act="token.create", object_kind="token", object_id=prefix, after=summary(token))
    return Issued(token, f"{MARK}_{prefix}_{secret}", signing)


def token_find(key: str) -> Token | None:
    """Find the token of a key, if it is one that holds now; takes as long for a wrong secret as for a right one."""
    mark, prefix, secret = _parts(key)
    token = Token.objects.filter(prefix=prefix).first() if mark == MARK and len(prefix) == 12 else None  # noqa: PLR2004 - as made
    known = token.digest if token else _digest("")
    same = hmac.compare_digest(known, _digest(secret))
    return token if token and same and holds(token) else None


def token_recall(key: str) -> Token | None:
    """Find the token of a key as `token_find` does, or as it was found in this process within the last minute.

    So it may have been revoked meanwhile: whoever acts on it asks for `HOLDS` in the statement that acts.
    """
    mark, prefix, secret = _parts(key)
    at, token = _recalled.get(prefix, (float("-inf"), None))
    if token is not None and time.monotonic() - at < RECALLED:
        return token if mark == MARK and hmac.compare_digest(token.digest, _digest(secret)) and holds(token) else None
    found = token_find(key)
    if found is not None:
        if len(_recalled) >= _RECALLED_MOST:
            _recalled.clear()
        _recalled[prefix] = (time.monotonic(), found)
    return found


def _parts(key: str) -> tuple[str, str, str]:
    mark, _, rest = key.partition("_")
    prefix, _, secret = rest.partition("_")
    return mark, prefix, secret


def holds(token: Token) -> bool:
    """Say whether a token is neither revoked nor expired."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > timezone.now())


def token_holds(token: Token) -> bool:
    """Ask the database whether a token holds now."""
    kept = Token.objects.filter(pk=token.pk).first()
    return kept is not None and holds(kept)


def allows(token: Token, scope: str) -> bool:
    """Say whether a token may do this; asking for a scope that there is not is a mistake of ours.

    Raises
    ------
    KeyError
        If there is no such scope.
    """
    if scope not in SCOPES:
        raise KeyError(scope)
    return scope in token.scopes


def signing_secret(token: Token) -> str:
    """Return what the token's webhooks are signed with; empty: it signs nothing."""
    sealed = bytes(token.signing_secret)
    return secrets.open_(sealed) if sealed else ""


def token_note_use(token: Token) -> None:
    """Write down that a token was used, at most once a minute, so that a busy one costs no write a request."""
    now = timezone.now()
    if token.last_used_at and token.last_used_at > now - USE_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    token.last_used_at = now


@transaction.atomic
def token_revoke(*, by: Person | None, token: Token) -> None:
    """End a token, from the next request on; it stays listed. ``by`` is None for the command line."""
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(
            actor=by,
            actor_name="" if by else "command line",
            act="token.revoke",
            object_kind="token",
            object_id=token.prefix,
            before=summary(token),
        )


def summary(token: Token) -> dict[str, object]:
    """Say of a token what may be written down."""
    return {
        "name": token.name,
        "source": token.source,
        "scopes": token.scopes,
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        "signs": bool(bytes(token.signing_secret)),
    }


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(scopes: Collection[str], expires_at: datetime | None) -> None:
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise InputError("not the scopes of a token", value=unknown, expected=f"at least one of {', '.join(SCOPES)}")
    if expires_at is not None and expires_at <= timezone.now():
        raise InputError("a token cannot expire in the past", value=str(expires_at))
