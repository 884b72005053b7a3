"""Mail and HTML from anybody, made safe to stand in a page: structure stays, everything that acts or loads goes."""

from __future__ import annotations

from typing import Final

import nh3
from django.utils.safestring import SafeString, mark_safe

TAGS: Final = frozenset(
    (
        *("a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2"),
        *("h3", "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp", "small", "span"),
        *("strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"),
    )
)
"""No picture: a picture tells its sender who read the mail, and when. No form, no frame, no drawing, no style."""
_GONE_WITH_CONTENT: Final = frozenset(
    (
        *("script", "style", "head", "title", "template", "noscript", "iframe", "object", "embed", "svg", "math"),
        *("textarea", "select", "option", "xmp", "noembed", "noframes", "plaintext", "audio", "video"),
    )
)
_ATTRIBUTES: Final = {
    "a": {"href"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
}
_SCHEMES: Final = ("http://", "https://", "mailto:")
LONGEST: Final = 200_000
"""Characters of one message that are shown."""


def safe_html(text: str) -> SafeString:
    """Return what is safe of some HTML. Links go to http, https and mail only, and say nothing of where they stood."""
    clean = nh3.clean(
        text[:LONGEST],
        tags=set(TAGS),
        clean_content_tags=set(_GONE_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_elsewhere,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
        strip_comments=True,
    )
    return mark_safe(clean)  # noqa: S308 (nh3 made it)


def _elsewhere(tag: str, name: str, value: str) -> str | None:
    """Let a link lead elsewhere only: a relative one would lead into this service."""
    del tag
    return value if name != "href" or value.lower().startswith(_SCHEMES) else None


def has_markup(text: str) -> bool:
    """Say whether a text is HTML rather than a plain text that speaks of it."""
    return nh3.is_html(text) and any(f"</{tag}>" in text.lower() or f"<{tag}>" in text.lower() for tag in _SIGNS)


_SIGNS: Final = ("html", "body", "div", "p", "br", "span", "table", "a", "b", "i", "ul", "ol", "blockquote", "script")
