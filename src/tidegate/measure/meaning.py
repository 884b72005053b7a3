"""Whether a reply says something, or only acknowledges.

How: quoted mail is cut, then every sentence that greets, confirms receipt, promises, passes on or moves the talk
elsewhere, and every clause that thanks or apologises, in six languages. A reply is meaningful if enough words are
left, or a question or a link. A text that says of itself that it is automatic is never meaningful.

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

_COURTEOUS: Final = (
    # English
    "thank(?:s| you)|(?:youre|you're|you are) welcome",
    "(?:sorry|apologi[sz]e|apolog(?:y|ies)|regret|inconvenience|frustrat|upsetting)",
    "(?:have|had) a (?:good|great|nice|lovely) (?:day|evening|weekend|one)|no problem|looking forward",
    "(?:happy|here|like|love|want|able|pleasure) to (?:help|assist|work with|hear)|we(?: can|'ll| will)? help(?-u:\\b)",
    "appreciate (?:your|the)|hear (?:this|that|about)|help is here|right place|saw your",
    # German, French, Spanish, Italian, Portuguese
    "danke|vielen dank|(?:tut mir|tut uns) leid|entschuldig",
    "merci|désolée?s?|nous excuser|nos excuses",
    "gracias|lo (?:siento|sentimos|lamento|lamentamos)|disculp",
    "grazie|ci (?:scusiamo|dispiace)|mi (?:scuso|dispiace)",
    "obrigad[oa]|desculp|lamentamos|sentimos muito",
)
"""A clause with one of these is courtesy."""

_ACKNOWLEDGES: Final = (
    # English: receipt, promise, passing on, elsewhere, and questions that ask only what the trouble is
    "(?:we|i)(?:'?ve| have)? (?:received|got|seen) your",
    "(?:look(?:ing)?|investigat(?:e|ing)) (?:in)?to|(?:get|getting|come|coming) back to you|closer look",
    "(?:we|i|someone|somebody|they)(?:'ll| will) (?:be in touch|contact you|reach out|respond|reply|follow up|review)",
    "(?:follow)?(?:dm|pm)(?-u:\\b)|(?:direct|private) message",
    "pass(?:ed|ing)? (?:this|it|that|the|your)(?: \\w+)? (?:on(?:to)?|along|to)(?-u:\\b)",
    "(?:forward|escalat)ed (?:this|it|your)",
    "let us know if|(?:any|more) (?:questions|details|assistance)|if any(?:thing| assistance)",
    "what(?:'?s| is)? (?:going on|happening|wrong|the matter)|what (?:trouble|do you need|happened)",
    "(?:how can|can|are) (?:we|i) (?:able to )?(?:help|assist)|need (?:any )?(?:help|assistance)",
    "elaborate on what|why you feel|never our intention",
    # German
    "wir (?:prüfen|kümmern uns|melden uns|schauen)|(?:anfrage|nachricht) erhalten|weitergeleitet",
    # French
    "nous (?:revenons|reviendrons) vers vous|bien reçu|nous (?:examinons|vérifions)|transmis|message privé",
    # Spanish
    "hemos recibido|(?:nos pondremos|estaremos) en contacto|estamos (?:revisando|investigando)",
    "mensaje (?:privado|directo)",
    # Italian
    "abbiamo ricevuto|(?:la|ti) (?:ricontatteremo|contatteremo)|stiamo (?:verificando|controllando)|messaggio privato",
    # Portuguese
    "recebemos|entraremos em contato|estamos (?:verificando|analisando)|mensagem (?:privada|direta)",
)
"""A sentence with one of these acknowledges, promises, or moves the talk elsewhere."""

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
COURTEOUS_CLAUSE: Final = rf"[^.!?,\n]*(?-u:\b)(?:{'|'.join(_COURTEOUS)})[^.!?,\n]*[.!?,\n]*"
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
    for pattern in (CLOSING, GREETING, ACKNOWLEDGING_SENTENCE, COURTEOUS_CLAUSE):
        left = left.str.replace_all(pattern, " ")
    return (left.str.count_matches(_WORD) >= ENOUGH_WORDS) | left.str.contains(r"\?|https?://")


__all__ = ["ENOUGH_WORDS", "LONG", "meaningful"]
