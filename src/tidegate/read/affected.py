"""How many people a text says are affected: "40 users", "the whole team", "all our customers"."""

from __future__ import annotations

from typing import Final

import polars as pl

WHO: Final = (
    "users?|people|persons?|customers?|clients?|employees|staff|agents|colleagues|members|students|teachers|patients|drivers|subscribers|"
    "seats|co workers|coworkers|team members|workers|accounts|reps|guests|"
    "benutzern?|nutzern?|kunden|mitarbeitern?|mitarbeitende|kollegen|personen|leuten?|anwendern?|arbeitsplatze|"
    "utilisateurs|clients|employes|salaries|collaborateurs|collegues|personnes|"
    "usuarios|clientes|empleados|personas|companeros|trabajadores|"
    "utilizadores|funcionarios|colaboradores|pessoas|colegas|"
    "utenti|clienti|dipendenti|colleghi|persone|collaboratori"
)
NUMBERS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
    "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "zwei": 2, "drei": 3, "vier": 4, "funf": 5,
    "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "zwanzig": 20, "deux": 2, "trois": 3, "quatre": 4,
    "cinq": 5, "dix": 10, "vingt": 20, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "diez": 10,
    "veinte": 20, "dois": 2, "duas": 2, "quatro": 4, "dez": 10, "vinte": 20, "due": 2, "tre": 3, "quattro": 4,
    "cinque": 5, "sei": 6, "dieci": 10, "venti": 20, "a dozen": 12, "dozens of": 24, "hundreds of": 200,
    "thousands of": 2000, "dutzende": 24, "hunderte": 200, "tausende": 2000, "des dizaines de": 24,
    "des centaines de": 200, "des milliers de": 2000, "decenas de": 24, "cientos de": 200, "miles de": 2000,
    "dezenas de": 24, "centenas de": 200, "milhares de": 2000, "decine di": 24, "centinaia di": 200, "migliaia di": 2000,
    "several": 4, "multiple": 4, "many": 10, "mehrere": 4, "viele": 10, "plusieurs": 4, "varios": 4, "varias": 4,
    "muchos": 10, "muitos": 10, "diversi": 4, "molti": 10, "some": 3, "a few": 3, "a couple of": 2, "einige": 3,
    "quelques": 3, "algunos": 3, "alguns": 3, "alcuni": 3,
}  # fmt: skip
"""Number words; vague ones stand for a cautious guess, said with less confidence."""
CROWDS: Final = {
    "nobody": 10, "no one": 10, "none of us": 10, "everyone": 10, "everybody": 10, "all of us": 10, "the whole team": 10,
    "our whole team": 10, "the entire team": 10, "my whole team": 10, "our entire team": 10, "whole department": 25,
    "entire department": 25, "whole office": 25, "entire office": 25, "the whole company": 100, "entire company": 100,
    "whole organization": 100, "entire organization": 100, "company wide": 100, "companywide": 100,
    "all users": 100, "all our users": 100, "all of our users": 100, "all employees": 100, "all staff": 50,
    "all agents": 25, "all customers": 1000, "all our customers": 1000, "all of our customers": 1000, "our customers": 50,
    "all our clients": 1000, "every customer": 1000, "both of us": 2, "keiner": 10, "niemand": 10, "das ganze team": 10,
    "gesamte team": 10, "die ganze abteilung": 25, "gesamte abteilung": 25, "ganze firma": 100, "gesamte unternehmen": 100,
    "gesamte firma": 100, "alle benutzer": 100, "alle nutzer": 100, "alle mitarbeiter": 100, "alle kunden": 1000,
    "alle unsere kunden": 1000, "unsere kunden": 50, "personne ne": 10, "toute l equipe": 10, "tout le service": 25,
    "toute l entreprise": 100, "tous les utilisateurs": 100, "tous les employes": 100, "tous nos clients": 1000,
    "tous les clients": 1000, "nos clients": 50, "nadie": 10, "todo el equipo": 10, "todo el departamento": 25,
    "toda la empresa": 100, "todos los usuarios": 100, "todos los empleados": 100, "todos nuestros clientes": 1000,
    "todos los clientes": 1000, "nuestros clientes": 50, "ninguem": 10, "toda a equipe": 10, "toda a equipa": 10,
    "todo o departamento": 25, "toda a empresa": 100, "todos os usuarios": 100, "todos os utilizadores": 100,
    "todos os nossos clientes": 1000, "todos os clientes": 1000, "nossos clientes": 50, "nessuno": 10,
    "tutto il team": 10, "tutto il reparto": 25, "tutta l azienda": 100, "tutti gli utenti": 100,
    "tutti i dipendenti": 100, "tutti i nostri clienti": 1000, "tutti i clienti": 1000, "i nostri clienti": 50,
}  # fmt: skip
"""Ways to say a crowd without a number, and a cautious guess of its size."""
MOST: Final = 10_000_000
_VAGUE: Final = 0.6
_SURE: Final = 0.9
_ONLY_PLANNED: Final = (
    r"(?:add|adding|invite|inviting|create|buy|purchase|license|licence|licenses|licences|for up to|quote|plan|plans|upgrade to|"
    r"pricing for|support|onboard|hinzufugen|anlegen|lizenzen|ajouter|inviter|licences|anadir|agregar|licencias|adicionar|licencas|"
    r"aggiungere|licenze|allow|limit of|maximum of|max|want|need|order|orders|from|more|next)"
)
"""Before a number these speak of seats to buy or people to add, not of people who are hit."""


def _spoken() -> str:
    return "|".join(sorted(NUMBERS, key=lambda word: (-len(word), word)))


def affected(marked_texts: pl.Series) -> pl.DataFrame:
    """Read the number of people affected, the largest where several are named.

    Parameters
    ----------
    marked_texts
        Views made by `phrases.marked`.

    Returns
    -------
    pl.DataFrame
        ``row``, ``users``, ``confidence``, ``start``, ``end`` (characters of the original); rows that name none are
        absent. Vague words give a cautious guess with confidence 0.6.
    """
    view = pl.col("view")
    counted = rf" (?:\d{{1,3}}(?:[., ]\d{{3}})+|\d{{1,7}}|{_spoken()})\+?(?: (?:of|de|di|von|our|nos|unserer|other|active|different|affected|our))? ?(?:[a-z]{{2,12}} )?(?:{WHO})[ .!?;:,\n]"
    crowd = rf" (?:{'|'.join(sorted(CROWDS, key=lambda word: (-len(word), word)))})[ .!?;:,\n]"
    frame = pl.DataFrame({"view": marked_texts}).with_row_index("row")
    numbers = _matches(frame, view, counted).with_columns(
        digits=pl.col("quote").str.extract(r"^ ([\d., ]+)").str.replace_all(r"\D", ""),
        word=pl.col("quote").str.extract(rf"^ ({_spoken()}) "),
        before=view.str.slice(pl.max_horizontal(pl.col("start") - 26, 0), pl.min_horizontal(pl.col("start"), 26) + 1),
    )
    numbers = numbers.filter(~pl.col("before").str.contains(rf" {_ONLY_PLANNED}(?: [a-z]+)? ?$")).select(
        "row", "start", "quote",
        users=pl.coalesce(pl.col("digits").cast(pl.Int64, strict=False), pl.col("word").replace_strict(NUMBERS, default=None, return_dtype=pl.Int64)),
        confidence=pl.when(pl.col("digits").str.len_chars() > 0).then(_SURE).otherwise(_VAGUE),
    )  # fmt: skip
    crowds = _matches(frame, view, crowd).select(
        "row", "start", "quote",
        users=pl.col("quote").str.strip_chars(" .!?;:,\n").replace_strict(CROWDS, default=None, return_dtype=pl.Int64),
        confidence=pl.lit(_VAGUE),
    )  # fmt: skip
    return (
        pl.concat([numbers, crowds])
        .filter(pl.col("users").is_between(1, MOST))
        .sort("row", "users", "start", descending=[False, True, False], maintain_order=True)
        .unique("row", keep="first", maintain_order=True)
        .select("row", pl.col("users").cast(pl.Int32), "confidence", "start", end=pl.col("start") + pl.col("quote").str.len_bytes().cast(pl.Int32) - 2)
    )


def _matches(frame: pl.DataFrame, view: pl.Expr, pattern: str) -> pl.DataFrame:
    """First match of a pattern in each text: ``row``, ``view``, ``start`` (of the original), ``quote``."""
    return frame.filter(view.str.contains(pattern)).with_columns(
        start=view.str.find(pattern).cast(pl.Int32), quote=view.str.extract(f"({pattern})")
    )
