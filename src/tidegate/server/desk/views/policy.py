"""The policy: look at it, edit it with its checks, see what it would move, try it on the past, put it in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from tidegate.server.desk import policies
from tidegate.server.desk.models import PolicyVersion, Replay
from tidegate.server.desk.policies import previewing, replaying, showing
from tidegate.server.desk.policies.lines import differences, lines_of
from tidegate.server.people.access import needs, person_of
from tidegate.server.people.confirming import confirmed
from tidegate.tables.errors import InputError, PolicyError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from tidegate.server.desk.policies import Checked


@needs("viewer", "GET")
def active(request: HttpRequest) -> HttpResponse:
    """Show the version in force."""
    return _version_page(request, policies.policy_active())


@needs("viewer", "GET")
def version(request: HttpRequest, number: int) -> HttpResponse:
    """Show a version."""
    return _version_page(request, _version(number))


def _version(number: int) -> PolicyVersion:
    found = PolicyVersion.objects.filter(number=number).select_related("created_by").first()
    if found is None:
        raise Http404("no such version")
    return found


def _version_page(
    request: HttpRequest, shown: PolicyVersion, *, error: str = "", why: str = "", status: int = 200
) -> HttpResponse:
    checked = policies.policy_check(text=shown.text)
    in_force = shown if shown.active else policies.policy_active()
    context = {
        "page_name": "policy",
        "version": shown,
        "in_force": in_force,
        "before": policies.policy_before(),
        "lines": lines_of(shown.text, checked.findings),
        "checked": checked,
        "versions": showing.versions(),
        "history": showing.history(),
        "weeks": replaying.WEEKS,
        "may_change": person_of(request).may("lead"),
        "error": error,
        "why": why,
        **_replay_context(showing.last_replay(shown)),
    }
    return render(request, "desk/policy/version.html", context, status=status)


@needs("lead", "GET")
def edit(request: HttpRequest) -> HttpResponse:
    """Edit: start from a version."""
    given = request.GET.get("from", "")
    base = _version(int(given)) if given.isdecimal() and len(given) < 9 else policies.policy_active()  # noqa: PLR2004
    return _edit_page(request, policies.policy_check(text=base.text), base=base.number)


def _edit_page(
    request: HttpRequest, checked: Checked, *, base: int, error: str = "", status: int = 200
) -> HttpResponse:
    context = {"page_name": "policy", "checked": checked, "base": base, "error": error}
    return render(request, "desk/policy/edit.html", context, status=status)


@needs("lead", "POST")
def check(request: HttpRequest) -> HttpResponse:
    """Check text that is being edited."""
    checked = policies.policy_check(text=request.POST.get("text", ""))
    return render(request, "desk/policy/_checks.html", {"checked": checked})


@needs("lead", "POST")
def preview_text(request: HttpRequest) -> HttpResponse:
    """Show what text that is being edited would move now."""
    checked = policies.policy_check(text=request.POST.get("text", ""))
    if checked.policy is None or not checked.usable:
        return render(request, "desk/policy/_preview.html", {"unusable": True})
    found = previewing.policy_preview(policy=checked.policy, person=person_of(request))
    return render(request, "desk/policy/_preview.html", {"preview": found})


@needs("viewer", "GET")
def preview(request: HttpRequest, number: int) -> HttpResponse:
    """Show what a version would move now."""
    policy = policies.policy_read(_version(number).text)
    found = previewing.policy_preview(policy=policy, person=person_of(request))
    return render(request, "desk/policy/_preview.html", {"preview": found})


@needs("viewer", "GET")
def compare(request: HttpRequest) -> HttpResponse:
    """Compare two versions, in what they say and to the letter."""
    from tidegate.policy.compare import diff_policies

    numbers = [request.GET.get(side, "") for side in ("a", "b")]
    if not all(number.isdecimal() and len(number) < 9 for number in numbers):  # noqa: PLR2004 - fits the column
        raise Http404("no such versions")
    before, after = (_version(int(number)) for number in numbers)
    context = {
        "page_name": "policy",
        "before": before,
        "after": after,
        "versions": showing.versions(),
        "changes": diff_policies(policies.policy_read(before.text), policies.policy_read(after.text)),
        "lines": differences(before.text, after.text),
    }
    return render(request, "desk/policy/compare.html", context)


@needs("lead", "POST")
def create(request: HttpRequest) -> HttpResponseBase:
    """Keep edited text as the next version."""
    text = request.POST.get("text", "")
    given = request.POST.get("base", "")
    base = int(given) if given.isdecimal() and len(given) < 9 else 1  # noqa: PLR2004 - fits the column
    try:
        made = policies.policy_create(person=person_of(request), text=text)
    except PolicyError:
        return _edit_page(request, policies.policy_check(text=text), base=base, error="errors", status=400)
    except InputError as error:
        return _edit_page(request, policies.policy_check(text=text), base=base, error=str(error), status=400)
    messages.success(request, f"Version {made.number} is kept. It is not in force yet.")
    return redirect("policy-version", number=made.number)


@needs("lead", "POST")
@confirmed
def activate(request: HttpRequest, number: int) -> HttpResponseBase:
    """Put a version in force."""
    why = request.POST.get("why", "")
    try:
        made = policies.policy_activate(person=person_of(request), number=_version(number).number, why=why)
    except InputError as error:
        return _version_page(request, _version(number), error=str(error), why=why, status=400)
    messages.success(request, f"Version {made.number} is in force.")
    return redirect("policy")


@needs("lead", "POST")
@confirmed
def rollback(request: HttpRequest) -> HttpResponseBase:
    """Put the version in force again that was before this one."""
    why = request.POST.get("why", "")
    try:
        made = policies.policy_rollback(person=person_of(request), why=why)
    except InputError as error:
        return _version_page(request, policies.policy_active(), error=str(error), why=why, status=400)
    messages.success(request, f"Version {made.number} is in force again.")
    return redirect("policy")


@needs("lead", "POST")
def replay_start(request: HttpRequest, number: int) -> HttpResponseBase:
    """Try a version on the last weeks."""
    given = request.POST.get("weeks", "")
    weeks = int(given) if given.isdecimal() and len(given) < 3 else 0  # noqa: PLR2004 - two digits are enough
    found = _version(number)
    error = ""
    try:
        replaying.replay_ask(person=person_of(request), number=found.number, weeks=weeks)
    except InputError as refused:
        error = str(refused)
    return _replay_part(request, found, showing.last_replay(found), error=error)


@needs("viewer", "GET")
def replay(request: HttpRequest, replay_id: int) -> HttpResponseBase:
    """Say how far a replay is, and what came out."""
    found = _replay(replay_id)
    return _replay_part(request, found.version, found)


@needs("lead", "POST")
def replay_stop(request: HttpRequest, replay_id: int) -> HttpResponseBase:
    """Stop a replay; what all policies have finished is kept."""
    found = replaying.replay_stop(person=person_of(request), replay_id=_replay(replay_id).pk)
    return _replay_part(request, found.version, found)


def _replay(replay_id: int) -> Replay:
    found = Replay.objects.select_related("version", "against", "by").filter(pk=replay_id).first()
    if found is None:
        raise Http404("no such replay")
    return found


def _replay_part(
    request: HttpRequest, shown: PolicyVersion, found: Replay | None, *, error: str = ""
) -> HttpResponseBase:
    """Answer htmx with the part of the page, and a browser without it with the page."""
    if not request.htmx:  # ty: ignore[missing-attribute]  # its middleware adds it
        if error:
            messages.error(request, error)
        return redirect("policy-version", number=shown.number)
    context = {
        "version": shown,
        "weeks": replaying.WEEKS,
        "may_change": person_of(request).may("lead"),
        "replay_error": error,
        **_replay_context(found),
    }
    return render(request, "desk/policy/_replay.html", context)


def _replay_context(found: Replay | None) -> dict[str, Any]:
    return {
        "replay": found,
        "under_way": found is not None and found.state in replaying.UNDER_WAY,
        "shown": None if found is None else showing.replay_shown(found),
    }
