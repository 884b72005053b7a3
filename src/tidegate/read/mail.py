r"""What a person wrote, without what mail programs add: markup, quotes, signatures, disclaimers, greetings.

Nothing is cut out: what does not count is *blanked*, character for character, so that offsets in the masked text are
offsets in the original. `docs/explanation/mail.md` says which lines count, `docs/decisions/mail-cleaning.md` why these
rules are our own.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.read import phrases

LONGEST: Final = 20_000
"""Characters of a text that are read; a longer one is said to be partly unread."""

_WORDS: Final = phrases.data("mail")


def _one_of(name: str) -> str:
    return "(?:" + "|".join(_WORDS[name]) + ")"


_MARKUP: Final = rf"(?i)</?{_one_of('tags')}\b[^<>]*>|<!--|<!doctype|&(?:nbsp|amp|lt|gt|quot|#\d{{1,6}});"
_PIECE: Final = r"<[^<>]*>|&#?[A-Za-z0-9]{1,8};|[^<&]+|[<&]"
_HIDDEN: Final = rf"(?i)^<(/?){_one_of('hidden')}\b"
_BREAKS: Final = rf"(?i)^</?{_one_of('breaks')}\b"
_ENTITIES: Final = {"&nbsp;": " ", "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&apos;": "'"}

_SEVERAL_LINES: Final = 2
"""Newlines from which a text may hold more than a subject and one line."""
_TRIMMINGS: Final = ("\r", "\n>", "\n |", "\n >")
_ENDLESS: Final = 80
"""Characters of a word from which it may be a blob."""

_QUOTED: Final = r"^[ \t]*(?:>|\|[ \t])"
_REPLY: Final = rf"(?i)^[ \t]*{_one_of('reply')}[ \t]*$"
_REPLY_BEGINS: Final = rf"(?i)^[ \t]*{_one_of('reply_begins')} .{{4,150}}$"
_REPLY_ENDS: Final = rf"(?i){_one_of('reply_ends')} ?:[ \t]*$"
_HEADER: Final = rf"(?i)^[ \t*]*{_one_of('header')} ?:[* \t]*\S"
_HEADER_NEXT: Final = rf"(?i)^[ \t*]*{_one_of('header_next')} ?:"
_DASHES: Final = r"^--[ \t]{0,2}$"
_FORWARD: Final = rf"(?i)^[ \t]*{_one_of('forward')}$"
_DEVICE: Final = rf"(?i)^[ \t]*{_one_of('device')}.{{0,100}}$"
_CLOSING: Final = rf"(?i)^[ \t]*{_one_of('closing')}[ \t]*[,.!]*[ \t]*$"
_DISCLAIMER: Final = rf"(?i)^[ \t*]*{_one_of('disclaimer')}"
_GREETING: Final = rf"(?i)^[ \t]*{_one_of('greeting')}\b[^?.!:;]{{0,40}}[,!.:;]?[ \t]*$"
_BLOB: Final = r"[A-Za-z0-9+/=_-]{80,}"
_TAIL_LINES: Final = 8  # a signature has at most as many lines after the closing
_TAIL_WIDTH: Final = 90  # and none of them is longer


def original(frame: pl.DataFrame) -> pl.Series:
    """Text that every offset refers to: subject, newline, body, with null counted as empty."""
    subjects, bodies = (
        frame[name].cast(pl.String).to_list() if name in frame.columns else [None] * frame.height
        for name in ("subject", "body")
    )
    joined = [f"{subject or ''}\n{body or ''}" for subject, body in zip(subjects, bodies, strict=True)]
    return pl.Series("text", joined, dtype=pl.String)


def clean(texts: pl.Series) -> pl.DataFrame:
    """Blank what nobody wrote on purpose.

    Parameters
    ----------
    texts
        Original texts; null counts as empty.

    Returns
    -------
    pl.DataFrame
        ``masked``: as long as the first `LONGEST` characters of the original, at every position its character or a
        space (an HTML entity's first position holds the character that it stands for); ``text``: the same with runs of
        white space made one, for models; ``unread``: why part of it was not read, null where all was.
    """
    whole = [text or "" for text in texts.cast(pl.String).to_list()]
    masked = [text[:LONGEST] for text in whole]
    unread = [_PARTLY if len(text) > LONGEST else None for text in whole]
    if marked := [row for row, text in enumerate(masked) if "<" in text or "&" in text]:
        _replace(masked, _without_markup(_rows(masked, marked).filter(pl.col("masked").str.contains(_MARKUP))))
    if trimmable := [row for row, text in enumerate(masked) if _trimmable(text)]:
        _replace(masked, _without_trimmings(_rows(masked, trimmable)))
    plain = [" ".join(text.split()) for text in masked]
    return pl.DataFrame(
        {"masked": masked, "unread": unread, "text": plain},
        schema=dict.fromkeys(("masked", "unread", "text"), pl.String),
    )


_PARTLY: Final = f"only the first {LONGEST:,} characters were read"


def _trimmable(text: str) -> bool:
    """Say whether a text may hold more than a subject and one line, or a blob."""
    if text.count("\n") >= _SEVERAL_LINES or any(mark in text for mark in _TRIMMINGS):
        return True
    return len(text) >= _ENDLESS and max(map(len, text.split()), default=0) >= _ENDLESS


def _rows(texts: list[str], rows: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {"row": rows, "masked": [texts[row] for row in rows]}, schema={"row": pl.UInt32, "masked": pl.String}
    )


def _replace(texts: list[str], changed: pl.DataFrame) -> None:
    for row, text in changed.iter_rows():
        texts[row] = text


def kept_spans(originals: pl.Series, masked: pl.Series) -> pl.DataFrame:
    """List the lines of the original that were kept.

    Returns
    -------
    pl.DataFrame
        ``row``, ``start`` and ``end`` in characters of the original; one row a kept line.
    """
    lines = _lines(pl.DataFrame({"masked": masked}).with_row_index("row"))
    heights = pl.DataFrame({"length": originals.str.len_chars().cast(pl.Int64)}).with_row_index("row")
    return (
        lines.filter(pl.col("line").str.strip_chars() != "")
        .join(heights, on="row", maintain_order="left")
        .select("row", "start", end=pl.min_horizontal(pl.col("start") + pl.col("width"), "length"))
    )


def _blank(text: pl.Expr) -> pl.Expr:
    """As many spaces as the text has characters."""
    return pl.lit("").str.pad_end(text.str.len_chars())


def _without_markup(frame: pl.DataFrame) -> pl.DataFrame:
    """Blank tags and what script, style and quotes enclose; decode the common entities in place."""
    if frame.is_empty():
        return frame
    piece = pl.col("piece")
    tag = piece.str.starts_with("<") & (piece.str.len_bytes() > 1)
    hides = piece.str.extract(_HIDDEN, 1)
    depth = pl.when(hides == "").then(1).when(hides == "/").then(-1).otherwise(0)
    entity = piece.replace_strict(_ENTITIES, default=None, return_dtype=pl.String)
    return (
        frame.select("row", piece=pl.col("masked").str.extract_all(_PIECE))
        .explode("piece")
        .with_columns(inside=depth.cum_sum().over("row") > 0)
        .with_columns(
            masked=pl.when(tag | pl.col("inside"))
            .then(pl.when(piece.str.contains(_BREAKS)).then(_newline(piece)).otherwise(_blank(piece)))
            .when(entity.is_not_null())
            .then(entity + pl.lit("").str.pad_end(piece.str.len_chars() - 1))
            .otherwise(piece)
        )
        .group_by("row", maintain_order=True)
        .agg(pl.col("masked").str.join(""))
    )


def _newline(text: pl.Expr) -> pl.Expr:
    return pl.lit("\n") + pl.lit("").str.pad_end(text.str.len_chars() - 1)


def _lines(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a line: ``row``, ``line``, ``start``, ``width``, ``number``, ``height`` (lines of the text)."""
    return (
        frame.select("row", line=pl.col("masked").str.split("\n"))
        .explode("line")
        .with_columns(width=pl.col("line").str.len_chars().cast(pl.Int64))
        .with_columns(
            start=(pl.col("width") + 1).cum_sum().over("row") - pl.col("width") - 1,
            number=pl.int_range(pl.len()).over("row"),
            height=pl.len().over("row").cast(pl.Int64),
        )
    )


def _without_trimmings(frame: pl.DataFrame) -> pl.DataFrame:
    """Blank quoted mail, signatures, disclaimers, greetings and blobs, line by line."""
    if frame.is_empty():
        return frame
    lines = _classified(_lines(frame.select("row", pl.col("masked").str.replace_all("\r", " ", literal=True))))
    dropped = pl.any_horizontal("quoted", "device", "greeting", "below_reply", "below_dashes", "disclaimed", "signed")
    return (
        lines.with_columns(line=pl.when(dropped).then(_blank(pl.col("line"))).otherwise(_without_blobs(pl.col("line"))))
        .group_by("row", maintain_order=True)
        .agg(masked=pl.col("line").str.join("\n"))
    )


def _without_blobs(line: pl.Expr) -> pl.Expr:
    """Blank a line that is mostly one endless token: base64, a key, a hash."""
    blob = line.str.contains(_BLOB) & (line.str.replace_all(_BLOB, "").str.len_chars() * 2 < line.str.len_chars())
    return pl.when(blob).then(_blank(line)).otherwise(line)


def _classified(lines: pl.DataFrame) -> pl.DataFrame:
    """Say of each line which of the trimmings it belongs to; the subject, line 0, belongs to none."""
    line, body = pl.col("line").str.slice(0, 400), pl.col("number") > 0
    after = line.shift(-1).over("row").fill_null("")
    lines = lines.with_columns(
        quoted=body & line.str.contains(_QUOTED),
        device=body & line.str.contains(_DEVICE),
        greeting=body & line.str.contains(_GREETING),
        dashes=body & line.str.contains(_DASHES),
        closing=body & line.str.contains(_CLOSING),
        forward=line.str.contains(_FORWARD),
        empty=line.str.strip_chars() == "",
        disclaimer=body & line.str.contains(_DISCLAIMER),
        reply=body
        & (
            line.str.contains(_REPLY)
            | (line.str.contains(_HEADER) & after.str.contains(_HEADER_NEXT))
            | (line.str.contains(_REPLY_BEGINS) & after.str.contains(_REPLY_ENDS))
        ),
    )
    return _signed(_below(lines))


def _below(lines: pl.DataFrame) -> pl.DataFrame:
    """Spread markers downwards: all below a reply header, below dashes, to the end of a disclaimer's paragraph.

    A reply header counts only under something that the sender wrote: a forwarded mail without a comment is the
    message. Where the lines right under it are marked as quoted, only those go: the reply stands below.
    """
    wrote = (pl.col("number") > 0) & ~pl.any_horizontal(
        "quoted", "empty", "greeting", "reply", "device", "closing", "forward"
    )
    following = (
        pl.when(~pl.col("empty")).then(pl.col("quoted")).shift(-1).backward_fill().over("row").fill_null(value=False)
    )
    paragraph = pl.col("empty").cum_sum().over("row")
    return (
        lines.with_columns(comment=wrote.cum_sum().over("row") > 0, paragraph=paragraph, marked_below=following)
        .with_columns(reply=pl.col("reply") & pl.col("comment"))
        .with_columns(
            below_reply=(pl.col("reply") & ~pl.col("marked_below")).cum_max().over("row") | pl.col("reply"),
            below_dashes=pl.col("dashes").cum_max().over("row"),
            disclaimed=pl.col("disclaimer").cum_max().over("row", "paragraph"),
        )
    )


def _signed(lines: pl.DataFrame) -> pl.DataFrame:
    """Blank from the last closing on, if what follows looks like a name and an address."""
    gone = pl.any_horizontal("quoted", "below_reply", "below_dashes", "disclaimed", "device", "empty")
    counts = ~gone
    last = pl.when(pl.col("closing") & counts).then(pl.col("number")).max().over("row")
    tail = (pl.col("number") > last) & counts
    odd = tail & ((pl.col("width") > _TAIL_WIDTH) | pl.col("line").str.contains(r"\?|(?i)^\W*p\.? ?s\b"))
    return lines.with_columns(last=last, tail=tail, odd=odd).with_columns(
        signed=(
            (pl.col("number") >= pl.col("last"))
            & (pl.col("tail").sum().over("row") <= _TAIL_LINES)
            & ~pl.col("odd").any().over("row")
        ).fill_null(value=False)
    )
