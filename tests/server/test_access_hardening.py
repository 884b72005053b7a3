"""What guards the pages beside roles: headers, cookies, proofs of forms, and that secrets stay where they are."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

import tidegate.server.settings
from tidegate.server import environment
from tidegate.server.people import services, tokens
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

SERVER = Path(tidegate.server.settings.__file__).parent
PASSWORD = "a river under the bridge"  # noqa: S105 - of made-up people
SECRETS = [name for name, field in environment.Environment.model_fields.items() if "SecretStr" in str(field.annotation)]


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Read the settings anew in another environment."""

    def read(**variables: str) -> dict[str, Any]:
        monkeypatch.setenv("TIDEGATE_DATA_DIR", str(tmp_path))
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(tidegate.server.settings.__file__)

    return read


def test_behind_https_cookies_travel_in_it_alone_and_browsers_are_told_so(settings_of: Any) -> None:
    found = settings_of(TIDEGATE_HTTPS="true")
    assert found["SESSION_COOKIE_NAME"] == "__Host-tidegate-session"
    assert found["CSRF_COOKIE_NAME"] == "__Host-tidegate-csrf"
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY"):
        assert found[name] is True
    assert found["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_without_https_nothing_claims_it(settings_of: Any) -> None:
    found = settings_of()
    assert found["SESSION_COOKIE_NAME"] == "tidegate-session"
    assert found["SESSION_COOKIE_SECURE"] is False
    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert found["SECURE_HSTS_SECONDS"] == 0


def test_a_form_may_lead_to_the_provider_and_nowhere_else(settings_of: Any) -> None:
    found = settings_of(TIDEGATE_OIDC_URL="https://sso.example/realms/x", TIDEGATE_OIDC_CLIENT_ID="tidegate")
    assert found["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"] == ["'self'", "https://sso.example"]
    assert settings_of(TIDEGATE_OIDC_URL="")["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"] == ["'self'"]


def test_debugging_is_never_on_and_sessions_have_limits(settings_of: Any) -> None:
    found = settings_of(TIDEGATE_SESSION_HOURS="1", TIDEGATE_SESSION_IDLE_MINUTES="5", DEBUG="true")
    assert found["DEBUG"] is False
    assert (found["SESSION_ABSOLUTE_SECONDS"], found["SESSION_IDLE_SECONDS"]) == (3600, 300)
    assert found["PASSWORD_HASHERS"][0].endswith("Argon2PasswordHasher")


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_cannot_be_used_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    variable = environment.variable(name)
    found = environment.read({variable: "hunter2-" * 8})
    assert "hunter2" not in repr(found)
    monkeypatch.setattr(environment.Environment, "model_validate", _refuse(name))
    with pytest.raises(InputError) as refused:
        environment.read({variable: "hunter2-" * 8})
    assert variable in str(refused.value)
    assert "hunter2" not in str(refused.value)


def _refuse(name: str) -> Any:
    """Refuse whatever is given, as a field of another type would."""
    from pydantic import create_model

    return create_model("Narrow", **{name: (int, ...)}).model_validate


def test_no_template_or_style_of_ours_runs_a_word_in_the_page() -> None:
    for template in SERVER.rglob("templates/**/*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<style[\s>]|\sstyle=|\son[a-z]+=\"|javascript:", text), template
        for script in re.findall(r"<script\b[^>]*>", text):
            assert "src=" in script or 'type="application/json"' in script, template


def test_pages_that_look_for_news_by_themselves_do_not_keep_a_session_alive() -> None:
    live = (SERVER / "desk/static/desk/js/live.js").read_text(encoding="utf-8")
    assert all("x-background" in line for line in live.splitlines() if "fetch(" in line)
    for template in SERVER.rglob("templates/**/*.html"):
        for tag in re.findall(r"<[^>]*hx-trigger=\"every[^>]*>", template.read_text(encoding="utf-8")):
            assert "x-background" in tag, template


@pytest.mark.django_db
def test_what_people_and_programs_prove_themselves_with_is_written_nowhere(
    people: dict[str, Person], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    key = tokens.token_create(by=people["admin"], name="x", source="x", scopes=["queue:read"]).key
    client = Client(raise_request_exception=False)
    client.post("/accounts/login/", {"login": "lead@example.test", "password": PASSWORD})
    client.get("/api/v1/policy", headers={"Authorization": f"Bearer {key}"})
    client.get("/api/v1/policy", headers={"Authorization": f"Bearer {key}x"})
    client.get(f"/accounts/password/reset/key/1-{key}/")
    monkeypatch.setattr(services, "person_create", _breaks)
    client.force_login(people["admin"])
    form = {"name": "x", "email": "x@example.test", "role": "agent", "password": PASSWORD}
    failed = client.post("/people/new", form)
    assert failed.status_code == 500
    said = failed.content.decode() + "".join(capfd.readouterr()) + caplog.text
    assert "it broke" in said
    assert "it broke" not in failed.content.decode()
    for secret in (PASSWORD, key.split("_", 2)[2]):
        assert secret not in said


def _breaks(**_: object) -> None:
    raise ValueError("it broke")
