"""What a service of the desk may refuse."""

from __future__ import annotations

from tidegate.tables.errors import TidegateError


class RefusedError(TidegateError):
    """Something that a person or a program may not do, or that does not hold any more.

    Parameters
    ----------
    message
        What is refused and why, for people.
    mend
        What can be done about it.
    status
        The HTTP status that says it: 403, 404, 409 or 422.
    """

    def __init__(self, message: str, *, mend: str | None = None, status: int = 403) -> None:
        self.message, self.mend, self.status = message, mend, status
        super().__init__(f"{message}. {mend}" if mend else message)
