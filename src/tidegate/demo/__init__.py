"""The demo company: a believable support organisation from a seed, with the truth known.

>>> from tidegate import demo
>>> company = demo.generate(tickets=500, seed=7)
"""

from tidegate.demo.company import NOW, Company, generate
from tidegate.demo.scale import INTENT_NAMES, LANGUAGES
from tidegate.demo.writing import write

__all__ = ["INTENT_NAMES", "LANGUAGES", "NOW", "Company", "generate", "write"]
