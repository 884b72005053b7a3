"""Secrets at rest: sealed with a key that is derived from the secret key, so that a dump alone opens none.

To rotate: set the new ``TIDEGATE_SECRET_KEY``, name the old one in ``TIDEGATE_SECRET_KEY_FALLBACKS``, restart, run
``tidegate admin reseal``, take the old one away. In between, both open and only the new one seals.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from tidegate.tables.errors import InputError

PURPOSE: Final = b"tidegate sealed values v1"


def seal(text: str) -> bytes:
    """Encrypt and authenticate a secret; the time of sealing can be read from the result, its length nearly so."""
    return _box().encrypt(text.encode())


def open_(sealed: bytes | memoryview | str) -> str:
    """Decrypt what ``seal`` made.

    Raises
    ------
    InputError
        If it was sealed with another key, or changed since.
    """
    try:
        return _box().decrypt(_plain(sealed)).decode()
    except InvalidToken:
        raise InputError(
            "a sealed secret does not open",
            expected="the secret key that it was sealed with",
            mend="Set TIDEGATE_SECRET_KEY, or TIDEGATE_SECRET_KEY_FALLBACKS, to the key of then.",
        ) from None


def reseal(sealed: bytes | memoryview | str) -> bytes:
    """Seal with the present key what an older one sealed."""
    return seal(open_(sealed))


def _plain(sealed: bytes | memoryview | str) -> bytes | str:
    return bytes(sealed) if isinstance(sealed, memoryview) else sealed


def _box() -> MultiFernet:
    return _boxes((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _boxes(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_fernet(key) for key in keys])


def _fernet(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
