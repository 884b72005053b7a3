"""People, what they may see and do, programs' tokens, and the trail of who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from tidegate.server.people.session_store import SessionStore


class Role(models.TextChoices):
    """What a person may do; each may do all that the ones before it may."""

    VIEWER = "viewer"
    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"


RANK = {role: place for place, role in enumerate(Role)}


class PersonManager(BaseUserManager["Person"]):
    """Finds people by their mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> Person:
        """Find a person by address."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Somebody who signs in."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    groups_seen = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    """Groups whose tickets the person sees; empty: all."""
    agent_id = models.CharField(max_length=200, blank=True)
    """Which agent of the help desk the person is; empty: none."""
    is_active = models.BooleanField(default=True)
    password_is_temporary = models.BooleanField(default=False)
    """Somebody else set the password: it opens nothing but the page on which it is changed."""
    session_epoch = models.IntegerField(default=0)
    """Counted up to end all of the person's sessions."""
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        """Lower-case addresses are unique."""

        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="person_email_lower")]

    def __str__(self) -> str:
        """Show the name."""
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Bind sessions to the password and the epoch: a change of either ends them."""
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac("tidegate.people.session", value, secret=secret, algorithm="sha256").hexdigest()

    def may(self, role: Role | str) -> bool:
        """Say whether the person may do what this role may."""
        return self.is_active and RANK[Role(self.role)] >= RANK[Role(role)]


class Session(AbstractBaseSession):
    """Somebody's visit, signed in or not."""

    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    objects: ClassVar[BaseSessionManager[Session]] = BaseSessionManager()

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """Return the store that reads and writes these rows."""
        from tidegate.server.people.session_store import SessionStore

        return SessionStore


class Token(models.Model):
    """A program's key to the API. The secret itself is shown once and never kept."""

    name = models.CharField(max_length=100)
    source = models.SlugField(max_length=50)
    """Which integration it is; deliveries are unique within it."""
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    signing_secret = models.BinaryField(default=bytes)
    """Of signed webhooks, encrypted; empty: the token signs nothing."""
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class AuditEntry(models.Model):
    """Who did what to what, when, before and after. Appended, never changed: the database refuses both."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)
    """As it was then: a person, a token's name, or ``policy``."""
    act = models.CharField(max_length=60, db_index=True)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=200)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        """Looked up by object."""

        indexes: ClassVar = [models.Index(fields=["object_kind", "object_id"], name="audit_object")]
