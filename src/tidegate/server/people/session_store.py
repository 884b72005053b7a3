"""Sessions in the database, each with its person: one statement finds both.

Every request asks for a session and for who it belongs to. Django's own store keeps the person's key inside the encoded
data, so that it takes two statements; here the row names the person as well. Nothing is remembered between requests:
a session or a person that was ended is ended for the next request of every process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from tidegate.server.people.models import Session

if TYPE_CHECKING:
    from tidegate.server.people.models import Person


class SessionStore(db.SessionStore):
    """Django's store in the database, over `Session`."""

    person: Person | None = None
    """Who the row named when the session was loaded. Whether they are signed in is for `sessions.person_of_session`."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the table of sessions."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row to be written, with the person that the data names."""
        row = cast("Session", super().create_model_instance(data))
        row.person_id = data.get(SESSION_KEY)
        return row

    def _get_session_from_db(self) -> Session | None:
        now = timezone.now()
        try:
            found = Session.objects.select_related("person").get(session_key=self.session_key, expire_date__gt=now)
        except Session.DoesNotExist:
            self._session_key = None
            return None
        self.person = found.person
        return found
