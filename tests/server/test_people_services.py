"""People are made, changed and sent away; nobody locks everybody out; each act is in the trail."""

from __future__ import annotations

import contextlib
import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import serializers
from django.utils import timezone
from typer.testing import CliRunner

from tidegate.cli import app
from tidegate.server.people import secrets, services, tokens
from tidegate.server.people.models import AuditEntry, Person, Session, Token
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from pytest_django.fixtures import SettingsWrapper

Cast = dict[str, Person]


def last() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def make(by: Person | None, email: str = "new@example.test", role: str = "agent", **more: Any) -> services.SignIn:
    return services.person_create(by=by, email=email, name="New", role=role, **more)


def test_a_new_person_signs_in_with_a_password_that_nobody_keeps(people: Cast) -> None:
    made = make(people["admin"], email=" New@Example.test ", groups_seen=["technical", "billing"])
    person = Person.objects.get(email="new@example.test")
    assert person.check_password(made.password)
    assert person.password_is_temporary
    assert len(made.password) == 23
    assert made.password not in repr(made)
    assert (last().act, last().actor, last().object_id) == ("person.create", people["admin"], str(person.pk))
    assert last().after == {"name": "New", "role": "agent", "groups_seen": ["billing", "technical"], "agent_id": ""}


@pytest.mark.parametrize(
    ("email", "role", "password", "said"),
    [
        ("no address", "agent", None, "mail address"),
        ("LEAD@example.test", "agent", None, "already"),
        ("x@example.test", "emperor", None, "viewer, agent, lead, admin"),
        ("x@example.test", "agent", "short", "12 characters"),
        ("x@example.test", "agent", "password1234", "common"),
    ],
)
def test_what_cannot_be_a_person_is_said(people: Cast, email: str, role: str, password: str | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make(people["admin"], email=email, role=role, password=password)
    assert not AuditEntry.objects.exists()


def test_a_change_is_written_with_before_and_after_and_nothing_is_written_for_none(people: Cast) -> None:
    for _ in range(2):
        services.person_change(by=people["admin"], person=people["agent"], role="lead", groups_seen=["billing"])
    assert AuditEntry.objects.count() == 1
    assert last().before["role"] == "agent"
    assert last().after == {"name": "Agent", "role": "lead", "groups_seen": ["billing"], "agent_id": ""}


def test_nobody_raises_or_removes_themselves(people: Cast) -> None:
    make(None, role="admin")
    admin = people["admin"]
    with pytest.raises(InputError, match="own role"):
        services.person_change(by=admin, person=admin, role="lead", groups_seen=[])
    with pytest.raises(InputError, match="themselves"):
        services.person_deactivate(by=admin, person=admin)
    services.person_change(by=admin, person=admin, role="admin", groups_seen=["billing"])


def test_the_last_admin_stays(people: Cast) -> None:
    for act in (
        lambda: services.person_change(by=None, person=people["admin"], role="lead", groups_seen=[]),
        lambda: services.person_deactivate(by=None, person=people["admin"]),
    ):
        with pytest.raises(InputError, match="last admin"):
            act()


def test_who_leaves_takes_their_tokens_along(people: Cast) -> None:
    make(None, role="admin")
    issued = tokens.token_create(by=people["admin"], name="x", source="x", scopes=["queue:read"])
    services.person_deactivate(by=None, person=people["admin"])
    services.person_deactivate(by=None, person=people["admin"])
    assert tokens.token_find(issued.key) is None
    acts = list(AuditEntry.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["person.create", "token.create", "person.deactivate", "token.revoke"]
    services.person_activate(by=None, person=people["admin"])
    assert tokens.token_find(issued.key) is None
    assert Person.objects.get(pk=people["admin"].pk).is_active


def test_the_first_admin_is_made_once(db: None) -> None:
    del db
    made = services.first_admin()
    assert made is not None
    assert Person.objects.get().may("admin")
    assert Person.objects.get().check_password(made.password)
    assert services.first_admin() is None
    assert Person.objects.count() == 1


def test_demo_people_have_the_same_passwords_at_each_start_until_they_change_them(db: None) -> None:
    del db
    first, again = services.demo_people(), services.demo_people()
    assert first == again
    assert [made.role for made in first] == ["lead", "agent"]
    lead = Person.objects.get(email=first[0].email)
    assert lead.check_password(first[0].password)
    services.person_set_password(by=None, person=lead, password="something else entirely")  # noqa: S106 - made up
    assert services.demo_people()[0].password == ""


def test_demo_passwords_differ_between_installs(db: None, settings: SettingsWrapper) -> None:
    del db
    ours = services.demo_people()
    Person.objects.all().delete()
    settings.SECRET_KEY = "another " * 8
    assert {made.password for made in services.demo_people()}.isdisjoint({made.password for made in ours})


def test_resealing_leaves_no_secret_to_the_old_key(people: Cast, settings: SettingsWrapper) -> None:
    old = settings.SECRET_KEY
    tokens.token_create(by=people["admin"], name="x", source="x", scopes=["facts:write"], signs=True)
    sealed = {"secret": secrets.seal("SEED").decode()}
    factor = Authenticator.objects.create(user=people["admin"], type="totp", data=sealed)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new " * 20, [old]
    assert services.reseal() == 2
    settings.SECRET_KEY_FALLBACKS = []
    factor.refresh_from_db()
    assert secrets.open_(factor.data["secret"]) == "SEED"
    assert tokens.signing_secret(Token.objects.get())


def test_housekeeping_forgets_what_is_over_and_nothing_else(db: None) -> None:
    del db
    from django.core.cache import cache

    now = timezone.now()
    for key, away in (("over", -1), ("on", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=away))
        cache.set(key, 1, timeout=away * 3600)
    assert services.housekeeping() == 1
    assert Session.objects.get().session_key == "on"
    assert cache.get("on") == 1


def test_no_password_reaches_the_trail(people: Cast) -> None:
    made = [make(None), services.person_set_password(by=None, person=people["agent"])]
    trail = serializers.serialize("json", AuditEntry.objects.all())
    assert not any(one.password in trail for one in made)


@pytest.fixture
def run(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `tidegate admin` on the test's own database."""
    del db
    monkeypatch.setattr("tidegate.server.startup.database", lambda **_: contextlib.nullcontext())

    def command(*words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(app, ["admin", *words], input=stdin)

    return command


def test_the_command_line_makes_people_and_shows_a_made_up_password_alone(run: Callable[..., Result]) -> None:
    said = run("create", "dana@example.test", "--name", "Dana", "--role", "lead", "--group", "billing")
    dana = Person.objects.get()
    assert dana.check_password(said.stdout.strip())
    assert (dana.role, dana.groups_seen, dana.password_is_temporary) == ("lead", ["billing"], True)
    assert (last().act, last().actor_name, last().actor) == ("person.create", "command line", None)


def test_a_given_password_is_not_shown(run: Callable[..., Result]) -> None:
    given = "a river under the bridge"
    said = run("create", "dana@example.test", "--stdin", stdin=given + "\n")
    assert Person.objects.get().check_password(given)
    assert given not in said.output
    asked = run("set-password", "dana@example.test", "--ask", stdin="another river, too\nanother river, too\n")
    assert asked.exit_code == 0
    assert Person.objects.get().check_password("another river, too")
    assert "another river" not in asked.stdout


def test_the_command_line_changes_and_lists_people(run: Callable[..., Result]) -> None:
    run("create", "dana@example.test", "--role", "admin")
    run("create", "ari@example.test", "--name", "[red]Ari")
    assert run("set-role", "ARI@example.test", "lead").exit_code == 0
    assert run("deactivate", "ari@example.test").exit_code == 0
    listed = run("list").stdout
    assert "[red]Ari" in listed
    assert "no" in listed
    assert run("activate", "ari@example.test").exit_code == 0
    assert run("remove-factors", "ari@example.test").exit_code == 0
    assert Person.objects.get(email="ari@example.test").may("lead")


def test_the_commands_of_the_guide_do_what_they_say(run: Callable[..., Result]) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "manage-people.md"
    block = re.search(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert block
    run("create", "boss@example.test", "--role", "admin")
    for line in block[1].splitlines():
        program, verb, *words = shlex.split(line)
        assert (program, verb) == ("tidegate", "admin")
        said = run(*words)
        assert said.exit_code == 0, f"{line}\n{said.output}"
    assert "dana@example.test" in said.stdout
    dana = Person.objects.get(email="dana@example.test")
    assert (dana.name, dana.role, dana.groups_seen, dana.is_active) == ("Dana", "admin", ["billing"], True)
    told = AuditEntry.objects.filter(object_id=str(dana.pk)).order_by("id").values_list("act", "actor_name")
    acts = ("create", "change", "set_password", "unlock", "remove_factors", "end_sessions", "deactivate", "activate")
    assert list(told) == [(f"person.{act}", "command line") for act in acts]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("deactivate", "dana@example.test"), "last admin"),
        (("set-role", "dana@example.test", "emperor"), "viewer, agent, lead, admin"),
        (("activate", "nobody@example.test"), "nobody has this address"),
    ],
)
def test_the_command_line_says_what_cannot_be(run: Callable[..., Result], words: tuple[str, ...], said: str) -> None:
    run("create", "dana@example.test", "--role", "admin")
    answer = run(*words)
    assert answer.exit_code == 2
    assert said in answer.stderr


def test_a_job_does_the_housekeeping() -> None:
    from tidegate.server.jobs import tasks
    from tidegate.server.jobs.people import people_housekeeping

    periodic = {one.task.name for one in tasks.app.app.periodic_registry.periodic_tasks.values()}
    assert people_housekeeping.name in periodic
