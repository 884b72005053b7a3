"""Services of channels: the ways out that a policy names. Addresses and secrets are sealed, and never shown again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tidegate.server.desk.models import Channel
from tidegate.server.outgoing import notifiers, webhook
from tidegate.server.outgoing.addresses import parse_networks
from tidegate.server.outgoing.connecting import GuardedBackend
from tidegate.server.outgoing.failures import PermanentError
from tidegate.server.outgoing.message import Message
from tidegate.server.people import audit, secrets
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.server.people.models import Person

SHORTEST_SECRET: Final = 16
_WEB: Final = ("http", "https")


@transaction.atomic
def channel_set(
    *, by: Person | None, name: str, kind: str, url: str, secret: str = "", request_id: str = ""
) -> Channel:
    """Make a channel, or give one a new address.

    Parameters
    ----------
    by
        Who does it; None for the command line.
    name
        The name that the policy's ``actions.channels`` uses.
    kind
        ``apprise`` or ``webhook``.
    url
        An Apprise URL, or where a webhook posts to.
    secret
        Signs a webhook; at least `SHORTEST_SECRET` characters.

    Raises
    ------
    InputError
        If it cannot be used. The address is not repeated: it may hold secrets.
    """
    name, url = name.strip(), url.strip()
    if not name or len(name) > 80 or not name.isprintable():  # noqa: PLR2004 - the column's width
        raise InputError("a channel needs a name", value=name, expected="1 to 80 characters that can be seen")
    if kind not in Channel.Kind.values:
        raise InputError("unknown kind of channel", value=kind, expected=" or ".join(Channel.Kind.values))
    shown = _look_at_webhook(url, secret) if kind == Channel.Kind.WEBHOOK else _look_at_apprise(url)
    sealed = secrets.seal(json.dumps({"url": url, "secret": secret}))
    known = Channel.objects.filter(name=name).first()
    before = None if known is None else {"kind": known.kind, "shown": known.shown}
    channel, _ = Channel.objects.update_or_create(
        name=name,
        defaults={
            "kind": kind,
            "sealed": sealed,
            "shown": shown,
            "failures": 0,
            "paused_until": None,
            "changed_by": by,
        },
    )
    audit.record(
        actor=by,
        actor_name="" if by else "command line",
        act="channel.set",
        object_kind="channel",
        object_id=name,
        before=before,
        after={"kind": kind, "shown": shown},
        request_id=request_id,
    )
    return channel


@transaction.atomic
def channel_remove(*, by: Person | None, name: str, request_id: str = "") -> bool:
    """Take a channel away; what waits for it fails, and can be tried again once there is one of that name."""
    found = Channel.objects.filter(name=name).first()
    if found is None:
        return False
    found.delete()
    audit.record(
        actor=by,
        actor_name="" if by else "command line",
        act="channel.remove",
        object_kind="channel",
        object_id=name,
        before={"kind": found.kind, "shown": found.shown},
        request_id=request_id,
    )
    return True


def channel_try(*, name: str) -> None:
    """Send a message through a channel now.

    Raises
    ------
    InputError
        If there is no such channel.
    TransientError, PermanentError, ForbiddenAddressError
        If it was not taken.
    """
    found = Channel.objects.filter(name=name).first()
    if found is None:
        raise InputError("there is no such channel", value=name, mend="`tidegate channel list` shows them all.")
    message = Message(
        key=f"try-{uuid4().hex}",
        kind="notify",
        ticket_id="",
        title="Tidegate: a message to try this channel",
        body="Nothing has happened. Somebody wanted to see whether messages arrive here.",
    )
    send(found, message, timezone.now())
    Channel.objects.filter(pk=found.pk).update(failures=0, paused_until=None)


@transaction.atomic
def channels_reseal() -> int:
    """Seal every address with the present secret key; returns how many."""
    count = 0
    for channel in Channel.objects.select_for_update():
        channel.sealed = secrets.reseal(channel.sealed)
        channel.save(update_fields=["sealed"])
        count += 1
    return count


def _look_at_webhook(url: str, secret: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in _WEB or not parts.hostname:
        raise InputError("a webhook needs an address", expected="https://host/path")
    if parts.username or parts.password:
        raise InputError("a webhook's address holds a password", mend="Its requests are signed; leave it out.")
    if len(secret) < SHORTEST_SECRET:
        raise InputError("a webhook needs a secret", expected=f"at least {SHORTEST_SECRET} characters")
    return f"{parts.scheme}://{parts.hostname}"


def _look_at_apprise(url: str) -> str:
    notifiers.check(url)
    return url.partition("://")[0].lower() + "://"


def send(channel: Channel, message: Message, now: datetime) -> None:
    """Send a message through a channel.

    Raises
    ------
    TransientError, PermanentError, ForbiddenAddressError
        As `outgoing.failures` says.
    """
    try:
        address = json.loads(secrets.open_(cast("bytes", channel.sealed)))
    except InputError as error:
        raise PermanentError(f"the channel's address cannot be opened: {error}") from error
    allowed = parse_networks(settings.OUTGOING_ALLOW)
    if channel.kind == Channel.Kind.WEBHOOK:
        hook = webhook.Webhook(url=address["url"], secret=address["secret"])
        webhook.send(hook, message, now, GuardedBackend(allowed))
    else:
        notifiers.send(address["url"], message, allowed)
