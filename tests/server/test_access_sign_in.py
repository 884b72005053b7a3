"""Signing in: by password, with a second factor; what is refused, how often, and what of it is written down."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.urls import reverse

from tidegate.server.people import devices, services
from tidegate.server.people.models import AuditEntry, Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

PASSWORD = "a river under the bridge"  # noqa: S105 - of made-up people
WRONG = "a road over the hill"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def quick_hasher(settings: SettingsWrapper, request: pytest.FixtureRequest) -> None:
    """Argon2 is slow on purpose; only the test of it waits for it."""
    if "argon2" not in request.node.name:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def dana(db: None) -> Person:
    del db
    services.person_create(by=None, email="dana@example.test", name="Dana", role="lead", password=PASSWORD)
    return Person.objects.get(email="dana@example.test")


def sign_in(client: Client, email: str = "dana@example.test", password: str = PASSWORD, **more: Any) -> HttpResponse:
    return client.post(LOGIN + more.pop("query", ""), {"login": email, "password": password}, **more)


def signed_in(client: Client) -> bool:
    return client.get("/accounts/you/").status_code == 200


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("act", flat=True))


@pytest.mark.usefixtures("dana")
@pytest.mark.parametrize("email", ["dana@example.test", " DANA@example.test "])
def test_the_right_password_signs_in_whatever_the_case_of_the_address(client: Client, email: str) -> None:
    answer = sign_in(client, email)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in(client)
    assert acts() == ["person.create", "person.sign_in"]
    assert AuditEntry.objects.get(act="person.sign_in").after == {"methods": ["password"]}


def test_passwords_are_hashed_with_argon2(dana: Person) -> None:
    assert dana.password.startswith("argon2$argon2id$")


@pytest.mark.usefixtures("dana")
def test_a_wrong_password_and_an_unknown_address_read_the_same(client: Client) -> None:
    said = [
        re.sub(r'value="[^"]*"|[A-Za-z0-9]{64}', "", sign_in(client, email, "wrong " * 4).content.decode())
        for email in ("dana@example.test", "nobody@example.test")
    ]
    assert said[0] == said[1]
    assert "do not go together" in said[0]
    assert not signed_in(client)


def test_failures_are_written_down_but_not_what_a_stranger_typed(client: Client, dana: Person) -> None:
    sign_in(client, password=WRONG)
    sign_in(client, "hunter2@typed.test", "wrong")
    rows = AuditEntry.objects.filter(act="person.sign_in_failed").order_by("id")
    assert [row.object_id for row in rows] == [str(dana.pk), "unknown"]
    assert [row.address for row in rows] == ["127.0.0.1"] * 2
    assert not AuditEntry.objects.filter(object_id__contains="hunter2").exists()


@pytest.mark.usefixtures("dana")
def test_after_five_failures_the_right_password_has_to_wait(client: Client) -> None:
    for _ in range(5):
        sign_in(client, password=WRONG)
    assert "Wait five minutes" in sign_in(client).content.decode()
    assert not signed_in(client)
    sign_in(client)
    assert acts().count("person.locked_out") == 1


def guessed_at(times: int = 5) -> None:
    """Somebody guesses at Dana's address, in a browser of their own."""
    from django.test import Client

    for _ in range(times):
        sign_in(Client(), password=WRONG)


@pytest.mark.usefixtures("dana")
def test_whoever_guesses_does_not_keep_the_owner_out_of_a_browser_that_is_known(client: Client) -> None:
    from django.test import Client

    sign_in(client)
    client.post("/accounts/logout/")
    guessed_at()
    unknown = Client()
    assert "Wait five minutes" in sign_in(unknown).content.decode()
    sign_in(client)
    assert signed_in(client)


@pytest.mark.usefixtures("dana")
def test_a_known_browser_has_five_attempts_of_its_own_and_none_at_other_addresses(client: Client) -> None:
    services.person_create(by=None, email="ari@example.test", name="Ari", role="agent", password=PASSWORD)
    sign_in(client)
    client.post("/accounts/logout/")
    for _ in range(5):
        sign_in(client, password=WRONG)
    assert "Wait five minutes" in sign_in(client).content.decode()
    client.cookies.pop("tidegate-device")
    sign_in(client)
    assert signed_in(client), "those of a known browser are counted for itself"
    client.post("/accounts/logout/")
    for _ in range(5):
        sign_in(client, "ari@example.test", WRONG)
    assert "Wait five minutes" in sign_in(client, "ari@example.test").content.decode()


@pytest.mark.parametrize("spoilt", ["cut", "another's", "ended", "old"])
def test_a_browser_is_known_by_a_cookie_that_is_whole_and_their_own(
    client: Client, dana: Person, spoilt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.person_create(by=None, email="ari@example.test", name="Ari", role="agent", password=PASSWORD)
    sign_in(client, *(("ari@example.test",) if spoilt == "another's" else ()))
    cookie = client.cookies["tidegate-device"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    client.post("/accounts/logout/")
    if spoilt == "cut":
        client.cookies["tidegate-device"] = cookie.value[:-1]
    if spoilt == "ended":
        services.person_end_sessions(by=None, person=dana)
    guessed_at()
    if spoilt == "old":
        monkeypatch.setattr(devices, "KEPT_SECONDS", -1)
    assert "Wait five minutes" in sign_in(client).content.decode()


def test_an_admin_can_forget_the_failures_at_an_address(client: Client, dana: Person) -> None:
    guessed_at()
    services.person_unlock(by=None, person=dana)
    sign_in(client)
    assert signed_in(client)
    assert AuditEntry.objects.get(act="person.unlock").actor_name == "command line"


@pytest.mark.usefixtures("dana")
def test_another_host_name_or_spelling_is_no_way_around_the_lock(client: Client) -> None:
    for at in range(5):
        host = ("127.0.0.1", "localhost")[at % 2]
        sign_in(client, ("dana@example.test", "Dana@Example.test")[at % 2], "wrong", headers={"host": host})
    assert "Wait five minutes" in sign_in(client).content.decode()


@pytest.mark.usefixtures("dana")
def test_one_locked_person_does_not_lock_another(client: Client) -> None:
    services.person_create(by=None, email="ari@example.test", name="Ari", role="agent", password=PASSWORD)
    for _ in range(5):
        sign_in(client, password=WRONG)
    sign_in(client, "ari@example.test")
    assert signed_in(client)


@pytest.mark.usefixtures("dana")
def test_an_address_that_tries_many_accounts_has_to_wait_too(client: Client) -> None:
    for at in range(20):
        sign_in(client, f"person{at}@example.test", "wrong")
    assert "Wait five minutes" in sign_in(client).content.decode()


def test_who_has_left_is_told_so_only_with_the_right_password(client: Client, dana: Person) -> None:
    services.person_create(by=None, email="boss@example.test", name="Boss", role="admin", password=PASSWORD)
    services.person_deactivate(by=None, person=dana)
    assert "do not go together" in sign_in(client, password=WRONG).content.decode()
    assert sign_in(client)["Location"] == reverse("account_inactive")
    assert not signed_in(client)
    assert "person.sign_in_refused" in acts()


def test_the_session_has_a_new_key_after_the_sign_in(client: Client, dana: Person) -> None:
    del dana
    client.get(LOGIN)
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies["tidegate-session"] = session.session_key
    before = session.session_key
    sign_in(client)
    assert signed_in(client)
    assert client.session.session_key != before
    client.cookies["tidegate-session"] = before
    assert not signed_in(client)


@pytest.mark.usefixtures("dana")
@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/policy", "/policy"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http://testserver.evil.example/", "/"),
    ],
)
def test_the_sign_in_leads_nowhere_else(client: Client, target: str, lands: str) -> None:
    answer = client.post(LOGIN, {"login": "dana@example.test", "password": PASSWORD, "next": target})
    assert answer["Location"] == lands


@pytest.mark.usefixtures("dana")
def test_nobody_signs_up() -> None:
    from django.urls import NoReverseMatch

    for name in ("account_signup", "socialaccount_signup", "account_email", "socialaccount_connections"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/logout/", "/accounts/you/end-sessions/"])
def test_forms_without_their_proof_are_refused(dana: Person, path: str) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(dana)
    answer = client.post(path, {"login": "dana@example.test", "password": PASSWORD})
    assert answer.status_code == 403
    assert "form has grown old" in answer.content.decode()


def test_signing_out_ends_the_session_by_post_alone(client: Client, dana: Person) -> None:
    client.force_login(dana)
    assert client.get("/accounts/logout/").status_code == 200
    assert signed_in(client)
    key = client.session.session_key
    client.post("/accounts/logout/")
    client.cookies["tidegate-session"] = key
    assert not signed_in(client)
    assert "person.sign_out" in acts()


def test_a_page_has_no_script_or_style_of_its_own(client: Client, dana: Person) -> None:
    answer = client.get(LOGIN)
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    pages = [answer.content.decode()]
    client.force_login(dana)
    pages += [client.get(path).content.decode() for path in ("/accounts/you/", "/accounts/2fa/")]
    for page in pages:
        assert not re.search(r"<style|\son\w+=|\sstyle=", page)
        for script in re.findall(r"<script[^>]*>", page):
            assert "src=" in script or "application/json" in script


def test_sessions_end_unused_and_at_last(client: Client, dana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.time()
    client.force_login(dana)

    def at(minutes: float, **headers: str) -> bool:
        monkeypatch.setattr("tidegate.server.people.sessions.time.time", lambda: start + minutes * 60)
        return client.get("/accounts/you/", headers=headers).status_code == 200

    assert all(at(119 * step) for step in range(1, 7))
    assert not at(12 * 60 + 1)
    client.force_login(dana)
    monkeypatch.setattr("tidegate.server.people.sessions.time.time", lambda: start)
    client.force_login(dana)
    assert at(119, x_background="true")
    assert not at(121)


def test_one_word_ends_every_session_of_a_person(client: Client, dana: Person) -> None:
    from django.test import Client

    other = Client()
    client.force_login(dana)
    other.force_login(dana)
    services.person_end_sessions(by=None, person=dana)
    assert not signed_in(client)
    assert not signed_in(other)


def test_who_is_deactivated_or_demoted_feels_it_at_the_next_request(client: Client, dana: Person) -> None:
    services.person_create(by=None, email="boss@example.test", name="Boss", role="admin", password=PASSWORD)
    client.force_login(dana)
    assert signed_in(client)
    services.person_deactivate(by=None, person=dana)
    assert not signed_in(client)


def test_a_password_that_somebody_else_set_opens_only_the_page_that_changes_it(client: Client, dana: Person) -> None:
    made = services.person_set_password(by=None, person=dana)
    sign_in(client, password=made.password)
    change = reverse("account_change_password")
    assert client.get("/accounts/you/")["Location"] == change
    assert client.get("/accounts/2fa/")["Location"] == change
    assert client.get(change).status_code == 200
    new = "quite another password"
    client.post(change, {"oldpassword": made.password, "password1": new, "password2": new})
    assert signed_in(client)
    assert "person.change_password" in acts()


@pytest.mark.parametrize("weak", ["short", "password1234", "dana@example.test"])
def test_weak_passwords_are_refused(client: Client, dana: Person, weak: str) -> None:
    client.force_login(dana)
    change = reverse("account_change_password")
    answer = client.post(change, {"oldpassword": PASSWORD, "password1": weak, "password2": weak})
    assert answer.status_code == 200
    dana.refresh_from_db()
    assert dana.check_password(PASSWORD)


def test_a_changed_password_ends_the_other_sessions(client: Client, dana: Person) -> None:
    from django.test import Client

    other = Client()
    other.force_login(dana)
    client.force_login(dana)
    new = "quite another password"
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert signed_in(client)
    assert not signed_in(other)


def code(person: Person) -> str:
    seed = Authenticator.objects.get(user=person, type="totp").wrap()
    from allauth.mfa.utils import decrypt

    return format_hotp_value(hotp_value(decrypt(seed.instance.data["secret"]), int(time.time()) // 30))


@pytest.fixture
def with_app(client: Client, dana: Person, django_capture_on_commit_callbacks: Callable[..., Any]) -> Person:
    """Dana has added an authenticator app."""
    sign_in(client)
    activate = reverse("mfa_activate_totp")
    asked = client.get(activate)
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    client.post(asked["Location"], {"password": PASSWORD})
    page = client.get(activate).content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret
    value = format_hotp_value(hotp_value(secret[1], int(time.time()) // 30))
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(activate, {"code": value})
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    return dana


def test_a_second_factor_is_asked_for_and_lets_in(client: Client, with_app: Person) -> None:
    client.post("/accounts/logout/")
    assert sign_in(client)["Location"] == reverse("mfa_authenticate")
    assert not signed_in(client)
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    from django.core.cache import cache

    cache.clear()  # the code that activated the app was used up
    client.post(reverse("mfa_authenticate"), {"code": code(with_app)})
    assert signed_in(client)
    assert AuditEntry.objects.filter(act="person.sign_in").latest("id").after == {"methods": ["password", "mfa"]}
    assert {"person.add_factor", "person.factor_failed"} <= set(acts())


def test_a_code_is_good_once(client: Client, with_app: Person) -> None:
    from django.core.cache import cache

    cache.clear()
    used = code(with_app)
    for enters in (True, False):
        client.post("/accounts/logout/")
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": used})
        assert signed_in(client) is enters


def test_codes_cannot_be_guessed_for_long(client: Client, with_app: Person) -> None:
    client.post("/accounts/logout/")
    sign_in(client)
    for at in range(6):
        said = client.post(reverse("mfa_authenticate"), {"code": f"{at:06}"}).content.decode()
    assert "Wait five minutes" in said
    assert not signed_in(client)
    assert with_app.is_active


def test_the_seed_is_sealed_in_the_database(client: Client, with_app: Person) -> None:
    del client
    kept = Authenticator.objects.get(user=with_app, type="totp").data["secret"]
    assert kept.startswith("gAAAA")


def test_recovery_codes_are_shown_once_and_let_in_once(client: Client, with_app: Person) -> None:
    codes = Authenticator.objects.get(user=with_app, type="recovery_codes").wrap().get_unused_codes()
    first, again = (client.get(reverse("mfa_view_recovery_codes")).content.decode() for _ in range(2))
    assert len(codes) == 10
    assert all(code in first and code not in again for code in codes)
    for enters in (True, False):
        client.post("/accounts/logout/")
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert signed_in(client) is enters


def test_an_admin_can_take_lost_factors_away(client: Client, with_app: Person) -> None:
    services.person_remove_factors(by=None, person=with_app)
    assert not signed_in(client)
    sign_in(client)
    assert signed_in(client)


def test_a_role_can_be_asked_for_a_second_factor(client: Client, dana: Person, settings: SettingsWrapper) -> None:
    settings.SECOND_FACTOR_FROM = "lead"
    client.force_login(dana)
    assert client.get("/accounts/you/")["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    hx = client.get("/accounts/you/", headers={"hx-request": "true"})
    assert (hx.status_code, hx["HX-Redirect"]) == (403, reverse("mfa_index"))
    settings.SECOND_FACTOR_FROM = "admin"
    assert signed_in(client)


def test_without_mail_the_page_says_who_resets_a_password(client: Client, dana: Person) -> None:
    del dana
    assert "Ask an admin" in client.get(reverse("account_reset_password")).content.decode()
    assert client.post(reverse("account_reset_password"), {"email": "dana@example.test"}).status_code == 404


def test_a_link_by_mail_lets_an_owner_in_whom_guesses_keep_out_of_a_new_browser(
    client: Client, dana: Person, settings: SettingsWrapper
) -> None:
    settings.MAIL_IS_SENT = True
    guessed_at()
    assert "Wait five minutes" in sign_in(client).content.decode()
    client.post(reverse("account_reset_password"), {"email": dana.email})
    link = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)
    assert link
    new = "quite another password"
    client.post(client.get(link[1])["Location"], {"password1": new, "password2": new})
    sign_in(client, password=new)
    assert signed_in(client)


def test_with_mail_a_link_resets_a_password_once(client: Client, dana: Person, settings: SettingsWrapper) -> None:
    settings.MAIL_IS_SENT = True
    client.post(reverse("account_reset_password"), {"email": "nobody@example.test"})
    assert mail.outbox == []
    client.post(reverse("account_reset_password"), {"email": dana.email})
    link = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)
    assert link
    form = client.get(link[1])["Location"]
    new = "quite another password"
    client.post(form, {"password1": new, "password2": new})
    assert not signed_in(client)
    dana.refresh_from_db()
    assert dana.check_password(new)
    assert "no longer works" in client.get(link[1]).content.decode()
    assert "person.change_password" in acts()
