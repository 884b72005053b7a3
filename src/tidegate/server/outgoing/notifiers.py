"""Mail, chat and pagers through Apprise; it makes its own connections, so it works inside `hook.guarded`."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from tidegate.server.outgoing.failures import PermanentError, TransientError
from tidegate.server.outgoing.hook import guarded
from tidegate.tables.errors import InputError, shorten

if TYPE_CHECKING:
    from apprise import NotifyBase

    from tidegate.server.outgoing.addresses import Network
    from tidegate.server.outgoing.message import Message

SCHEMES: Final = (
    *("mailto", "mailtos", "mailgun", "sendgrid", "postmark", "ses", "smtp2go", "resend", "brevo"),
    *("slack", "workflow", "workflows", "gchat", "discord", "mmost", "mmosts", "rocket", "rockets"),
    *("matrix", "matrixs", "zulip", "webex", "wxteams", "tgram", "nctalk", "nctalks", "synology", "synologys"),
    *(
        "pagerduty",
        "opsgenie",
        "splunk",
        "victorops",
        "ilert",
        "incidentio",
        "squadcast",
        "signl4",
        "goalert",
        "goalerts",
    ),
    *("ntfy", "ntfys", "gotify", "gotifys", "pover", "twilio", "vonage", "sns", "signal", "signals"),
    *("json", "jsons"),
)
"""Kinds of Apprise URLs that may be used: those that speak HTTP or SMTP. Programs, files and desktops are left out."""
_SHOWN: Final = 300


def check(url: str) -> None:
    """Look whether an Apprise URL can be used; nothing is sent.

    Raises
    ------
    InputError
        If it is of no kind that may be used, or lacks something. Its secrets are not repeated.
    """
    scheme = url.partition("://")[0].strip().lower()
    if "://" not in url or scheme not in SCHEMES:
        raise InputError(
            "not a kind of channel that can be used", value=scheme[:20], expected=f"one of {', '.join(SCHEMES)}"
        )
    if _plugin(url) is None:
        raise InputError(
            f"the {scheme} address lacks something, or has too much",
            mend="The Apprise documentation says how it is written.",
        )


def _plugin(url: str) -> NotifyBase | None:
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(
        app_id="Tidegate",
        app_desc="Tidegate",
        allow_templates=False,
        secure_logging=True,
        storage_mode="memory",
        async_mode=False,
    )
    return Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


def send(url: str, message: Message, allowed: tuple[Network, ...] = ()) -> None:
    """Send a message as plain text.

    Raises
    ------
    TransientError
        If it was not taken. Apprise tells no more than that it failed, so it always counts as passing.
    PermanentError
        If the URL cannot be used.
    ForbiddenAddressError
        If it leads to an address that requests may not go to.
    """
    if url.partition("://")[0].strip().lower() not in SCHEMES or (plugin := _plugin(url)) is None:
        raise PermanentError("the channel's address cannot be used")
    heard = _Heard()
    logger = logging.getLogger("apprise")
    logger.addHandler(heard)
    try:
        with guarded(allowed):
            taken = plugin.notify(body=message.body, title=message.title, body_format="text")
    finally:
        logger.removeHandler(heard)
    if not taken:
        raise TransientError(shorten(heard.last, _SHOWN) if heard.last else "it was not taken")


class _Heard(logging.Handler):
    """Keeps the last thing that Apprise said of a failure in this thread."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self._thread = threading.get_ident()
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.last = record.getMessage()
