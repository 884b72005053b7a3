"""The words that help desks use for statuses, levels, impact, yes and no, in six languages."""

from __future__ import annotations

from typing import Final

NOTHING: Final = frozenset(
    {"", "-", "--", "none", "null", "nil", "n/a", "na", "nan", "(empty)", "(none)", "unset", "not set", "undefined"}
)
"""Texts that stand for an empty cell wherever a value, and not a sentence, is expected."""

NOBODY: Final = frozenset(
    {
        "unassigned",
        "nobody",
        "nicht zugewiesen",
        "non assigné",
        "sin asignar",
        "no one",
        "nobody in particular",
        "no agent",
    }
)
"""Texts that stand for no assignee or group."""

STATUSES: Final[dict[str, tuple[str, ...]]] = {
    "new": (
        "new",
        "neu",
        "nouveau",
        "nuevo",
        "nuovo",
        "novo",
        "created",
        "submitted",
        "unopened",
        "untriaged",
        "triage",
    ),
    "open": (
        *("open", "opened", "reopened", "re-opened", "active", "assigned", "in progress", "work in progress", "wip"),
        *(
            "started",
            "to do",
            "todo",
            "backlog",
            "selected for development",
            "in review",
            "patch available",
            "escalated",
        ),
        *("waiting on us", "waiting for support", "waiting on agent", "waiting for agent", "customer responded"),
        *("offen", "in bearbeitung", "wieder geöffnet", "ouvert", "en cours", "abierto", "en curso", "en progreso"),
        *("aperto", "in corso", "in lavorazione", "aberto", "em andamento", "em progresso", "accepted", "acknowledged"),
    ),
    "waiting": (
        *("waiting", "pending", "waiting on customer", "waiting for customer", "waiting on contact", "awaiting caller"),
        *("waiting for requester", "waiting on requester", "awaiting user info", "awaiting customer", "feedback"),
        *("awaiting reply", "awaiting requester", "pending customer", "needs info", "need more info", "stalled"),
        *("snoozed", "answered", "wartet auf kunden", "rückfrage", "en attente", "pendiente", "in attesa", "pendente"),
    ),
    "hold": (
        *("hold", "on hold", "on-hold", "onhold", "awaiting vendor", "awaiting problem", "awaiting evidence"),
        *(
            "awaiting change",
            "waiting on third party",
            "waiting for third party",
            "pending vendor",
            "blocked",
            "paused",
        ),
        *("deferred", "scheduled", "zurückgestellt", "angehalten", "en pause", "en espera", "in pausa", "em espera"),
    ),
    "solved": (
        *("solved", "resolved", "done", "fixed", "completed", "complete", "verified", "gelöst", "erledigt", "behoben"),
        *("résolu", "resuelto", "risolto", "resolvido", "is solved"),
    ),
    "closed": (
        *(
            "closed",
            "cancelled",
            "canceled",
            "rejected",
            "deleted",
            "spam",
            "merged",
            "won't fix",
            "wontfix",
            "invalid",
        ),
        *("duplicate", "archived", "abandoned", "declined", "geschlossen", "abgeschlossen", "fermé", "clos", "cerrado"),
        *("chiuso", "fechado", "not planned", "closed complete", "closed incomplete", "closed skipped"),
    ),
}

STATUS_FAMILIES: Final = (
    (r"(?:wait|await|pend).*(?:customer|client|user|caller|requester|contact|reporter|info)", "waiting"),
    (r"(?:wait|await|pend).*(?:us|agent|support|internal)\b", "open"),
    (r"wait|await|pend|hold|block|paus|defer", "hold"),
    (r"re-?open|progress|work|assign|review|escalat", "open"),
    (r"resolv|solv|fix|done|complet", "solved"),
    (r"clos|cancel|reject|delet|merg|duplicat", "closed"),
    (r"open|new", "open"),
)
"""What an unknown status word is taken for, by what is in it; tried from the top."""

LEVELS: Final[dict[str, tuple[str, ...]]] = {
    "P0": (
        *(
            "p0",
            "critical",
            "blocker",
            "urgent",
            "emergency",
            "highest",
            "immediate",
            "showstopper",
            "very high",
            "top",
        ),
        *(
            "sev0",
            "sev 0",
            "sev1",
            "sev 1",
            "s1",
            "severity 1",
            "kritisch",
            "dringend",
            "sofort",
            "sehr hoch",
            "critique",
        ),
        *("urgente", "crítica", "crítico", "critica", "critico", "muy alta", "altissima", "emergencia", "1 - critical"),
    ),
    "P1": (
        *(
            "p1",
            "high",
            "important",
            "sev2",
            "sev 2",
            "s2",
            "severity 2",
            "hoch",
            "wichtig",
            "haute",
            "élevée",
            "élevé",
        ),
        *("alta", "alto", "2 - high"),
    ),
    "P2": (
        *(
            "p2",
            "medium",
            "normal",
            "moderate",
            "major",
            "average",
            "standard",
            "default",
            "sev3",
            "sev 3",
            "s3",
            "mittel",
        ),
        *("severity 3", "moyenne", "normale", "media", "medio", "média", "3 - moderate"),
    ),
    "P3": (
        *("p3", "p4", "p5", "low", "lowest", "minor", "trivial", "planning", "very low", "none", "sev4", "sev 4", "s4"),
        *(
            "severity 4",
            "niedrig",
            "gering",
            "basse",
            "faible",
            "baja",
            "bajo",
            "bassa",
            "baixa",
            "4 - low",
            "5 - planning",
        ),
    ),
}

GRADES: Final[dict[str, tuple[str, ...]]] = {
    "1": (
        "1",
        "high",
        "critical",
        "extensive",
        "widespread",
        "extensive/widespread",
        "extensive / widespread",
        "urgent",
        "hoch",
        "haute",
        "alta",
    ),
    "2": (
        "2",
        "medium",
        "moderate",
        "normal",
        "significant",
        "significant/large",
        "significant / large",
        "large",
        "mittel",
        "moyenne",
        "media",
    ),
    "3": (
        "3",
        "4",
        "low",
        "minor",
        "localized",
        "minor/localized",
        "minor / localized",
        "limited",
        "moderate/limited",
        "moderate / limited",
        "niedrig",
        "basse",
        "baja",
    ),
}
"""Impact and urgency: 1 high, 2 medium, 3 low."""

TRUE: Final = frozenset({"true", "yes", "y", "t", "1", "1.0", "on", "x", "ja", "oui", "sí", "si", "sì", "sim", "vip"})
FALSE: Final = frozenset({"false", "no", "n", "f", "0", "0.0", "off", "nein", "non", "não"})

SATISFACTION: Final[dict[str, float | None]] = {
    **dict.fromkeys(("good", "satisfied", "happy", "positive", "great", "extremely happy", "very satisfied"), 1.0),
    **dict.fromkeys(("bad", "dissatisfied", "unhappy", "negative", "extremely unhappy", "very dissatisfied"), 0.0),
    **dict.fromkeys(("neutral", "ok", "okay"), 0.5),
    **dict.fromkeys(("offered", "unoffered", "not offered", "good with comment pending"), None),
}

LANGUAGES: Final[dict[str, str]] = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
    "italian": "it",
    "italiano": "it",
    "portuguese": "pt",
    "português": "pt",
    "dutch": "nl",
    "nederlands": "nl",
    "polish": "pl",
    "russian": "ru",
    "japanese": "ja",
    "chinese": "zh",
    "korean": "ko",
    "swedish": "sv",
    "danish": "da",
    "norwegian": "no",
    "finnish": "fi",
    "czech": "cs",
    "turkish": "tr",
}

ACTORS: Final[dict[str, tuple[str, ...]]] = {
    "requester": (
        "requester",
        "customer",
        "user",
        "end-user",
        "end user",
        "contact",
        "lead",
        "caller",
        "client",
        "asker",
    ),
    "agent": ("agent", "admin", "staff", "teammate", "operator", "support", "assignee", "responder", "helper"),
    "bot": ("bot", "automation", "ai", "answer bot", "workflow"),
    "system": ("system", "trigger", "api", "rule"),
    "other": ("other", "unknown"),
}


def spelled(families: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Turn a family of words around: every word to what it means."""
    return {word: meaning for meaning, words in families.items() for word in words}
