"""Whether a reply says something, or only acknowledges.

How: quoted mail is cut, then every sentence that only greets, thanks, apologises, confirms receipt, promises or
moves the talk elsewhere is cut, in six languages. A reply is meaningful if enough words are left, or a question or a
link. A text that says of itself that it is automatic is never meaningful.

`docs/explanation/measures.md` says how often that is right on replies labelled by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import polars as pl

ENOUGH_WORDS: Final = 4
"""Words that must be left after acknowledgements are cut."""

LONG: Final = 500
"""Characters beyond which a reply is no mere acknowledgement."""

_AUTOMATIC: Final = (
    # English
    "this is an automat(?:ed|ic)",
    "automat(?:ed|ic) (?:reply|response|message|notification)",
    "auto-?reply",
    "out of (?:the )?office",
    "do not (?:reply|respond) to this",
    "(?:ticket|request|case) (?:\\S+ )?(?:has been|was) (?:received|created|opened|logged|registered)",
    # German
    "automatische (?:antwort|nachricht|benachrichtigung)",
    "abwesenheitsnotiz",
    "nicht auf diese (?:e-?mail|nachricht)",
    "(?:anfrage|ticket) (?:wurde|ist) (?:erfasst|eingegangen|erstellt)",
    # French
    "(?:réponse|message) automatique",
    "ne pas répondre à ce",
    "votre (?:demande|ticket) a (?:bien )?été (?:reçue?|enregistrée?|créée?)",
    # Spanish
    "(?:respuesta|mensaje) automátic[oa]",
    "no responda a este",
    "(?:solicitud|ticket|caso) ha sido (?:recibid[oa]|cread[oa]|registrad[oa])",
    # Italian
    "(?:risposta|messaggio) automatic[oa]",
    "non rispondere a quest",
    "(?:richiesta|ticket) è stat[oa] (?:ricevut[oa]|creat[oa]|registrat[oa])",
    # Portuguese
    "(?:resposta|mensagem) automátic[oa]",
    "não responda a est",
    "(?:pedido|solicitação|ticket) foi (?:recebid[oa]|criad[oa]|registrad[oa])",
)

_ACKNOWLEDGES: Final = (
    # English: receipt and thanks, apology, promise, elsewhere
    "thank(?:s| you)",
    "(?:we|i)(?:'ve| have)? (?:received|got) your",
    "(?:sorry|apologi[sz]e|apologies|regret)",
    "(?:we|i)(?:'re| are|'ll| will|'m| am)? (?:be )?(?:look(?:ing)? into|get(?:ting)? back to you|investigat(?:e|ing))",
    "(?:we|i|someone|somebody)(?:'ll| will) (?:be in touch|contact you|reach out|respond|reply|follow up)",
    "(?:dm|pm) us|(?:direct|private) message|(?:in|via|by|to) (?:a )?dm",
    "appreciate (?:your|the) (?:patience|feedback|understanding)",
    "(?:passed|forwarded|escalated) (?:this|it|your \\w+) (?:on |along )?to",
    "(?:hear|see) (?:this|that|about)",
    "(?:have|had) a (?:good|great|nice|lovely) (?:day|evening|weekend|one)",
    "you(?:'re| are) welcome|no problem|glad (?:to|that|it)|happy to (?:help|hear)",
    # German
    "danke|vielen dank|(?:tut mir|tut uns) leid|entschuldig",
    "wir (?:prüfen|kümmern uns|melden uns|schauen)|(?:anfrage|nachricht) erhalten|weitergeleitet",
    # French
    "merci|désolée?s?|nous excuser|nos excuses",
    "nous (?:revenons|reviendrons) vers vous|bien reçu|nous (?:examinons|vérifions)|transmis",
    # Spanish
    "gracias|lo (?:siento|sentimos|lamento|lamentamos)|disculp",
    "hemos recibido|(?:nos pondremos|estaremos) en contacto|estamos (?:revisando|investigando)",
    # Italian
    "grazie|ci (?:scusiamo|dispiace)|mi (?:scuso|dispiace)",
    "abbiamo ricevuto|(?:la|ti) (?:ricontatteremo|contatteremo)|stiamo (?:verificando|controllando)",
    # Portuguese
    "obrigad[oa]|desculp|lamentamos|sentimos muito",
    "recebemos|entraremos em contato|estamos (?:verificando|analisando)",
)
QUOTED: Final = r"(?m)^\s*(?:>|on .{5,120} wrote:|am .{5,120} schrieb|le .{5,120} a écrit|el .{5,120} escribió).*$"
GREETING: Final = (
    r"(?m)^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|guten (?:tag|morgen)|sehr geehrte[rn]?|"
    r"bonjour|salut|hola|buen[oa]s (?:días|tardes)|estimad[oa]|ciao|buongiorno|salve|gentile|olá|bom dia|boa tarde|"
    r"prezad[oa])(?-u:\b)[^\n.!?,]{0,40}[,.!\n]"
)
CLOSING: Final = (
    r"(?ms)^\s*(?:(?:kind |best |warm )?regards|cheers|sincerely|best wishes|mit freundlichen|viele grüße|cordialement|"
    r"saludos|cordiali saluti|atenciosamente|sent from my|--\s*$).*"
)
ACKNOWLEDGING_SENTENCE: Final = rf"[^.!?\n]*(?-u:\b)(?:{'|'.join(_ACKNOWLEDGES)})[^.!?\n]*[.!?\n]*"
SAYS_AUTOMATIC: Final = rf"(?-u:\b)(?:{'|'.join(_AUTOMATIC)})"
_WORD: Final = r"[\p{L}\p{N}]{2,}"


def meaningful(bodies: pl.Series) -> pl.Series:
    """Whether each reply says more than that it was sent.

    Parameters
    ----------
    bodies
        Texts; null counts as empty.

    Returns
    -------
    Series
        Boolean, never null. Only replies up to `LONG` characters are searched for acknowledgements.
    """
    texts = bodies.fill_null("").str.head(LONG + 1).str.to_lowercase()
    says = ~texts.str.contains(SAYS_AUTOMATIC)
    short = texts.str.len_chars() <= LONG
    return says.scatter(short.arg_true(), says.filter(short) & _says_something(texts.filter(short)))


def _says_something(texts: pl.Series) -> pl.Series:
    left = texts.str.replace_all(QUOTED, "")
    for pattern in (CLOSING, GREETING, ACKNOWLEDGING_SENTENCE):
        left = left.str.replace_all(pattern, " ")
    return (left.str.count_matches(_WORD) >= ENOUGH_WORDS) | left.str.contains(r"\?|https?://")


__all__ = ["ENOUGH_WORDS", "LONG", "meaningful"]
