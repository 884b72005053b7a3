"""The demo company: a believable support organisation from a seed, with the truth known.

>>> from tidegate import demo
>>> demo.generate(tickets=500, seed=7).tickets.height
500
"""

from tidegate.demo.arrivals import arrivals
from tidegate.demo.company import NOW, Company, generate
from tidegate.demo.labelled import labelled_texts
from tidegate.demo.scale import INTENT_NAMES, LANGUAGES
from tidegate.demo.writing import write

__all__ = ["INTENT_NAMES", "LANGUAGES", "NOW", "Company", "arrivals", "generate", "labelled_texts", "write"]
