"""The page of people: who may do and see what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render

from tidegate.server.people import forms, selectors, services
from tidegate.server.people.access import needs, person_of
from tidegate.server.people.confirming import confirmed
from tidegate.server.people.models import Person
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_ACTS: Final = {
    "deactivate": (services.person_deactivate, "may no longer sign in."),
    "activate": (services.person_activate, "may sign in again."),
    "end-sessions": (services.person_end_sessions, "is signed out everywhere."),
    "unlock": (services.person_unlock, "need not wait any more after failed sign-ins."),
    "remove-factors": (services.person_remove_factors, "signs in by password alone now."),
}


@needs("admin", "GET")
def people(request: HttpRequest) -> HttpResponse:
    """List everybody."""
    search = request.GET.get("q", "")[:200]
    found = selectors.people_found(search)
    return render(
        request, "people/people.html", {"rows": found, "search": search, "tab": "people", "page_name": "people"}
    )


@needs("admin", "GET", "POST")
@confirmed
def person_new(request: HttpRequest) -> HttpResponse:
    """Make a person, and show their first password this once."""
    form = forms.PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.person_create(by=person_of(request), **form.cleaned_data)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            return render(request, "people/sign_in_made.html", {"made": made})
    return render(request, "people/person_new.html", {"form": form, "known": forms.known()})


@needs("admin", "GET", "POST")
@confirmed
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a person, and change what they may do and see."""
    found = get_object_or_404(selectors.people_found(), pk=pk)
    form = forms.AccessForm(request.POST or _now(found))
    if request.method == "POST" and form.is_valid():
        try:
            services.person_change(by=person_of(request), person=found, **form.cleaned_data)
        except InputError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{found.name} is changed.")
            return redirect("person", pk=pk)
    context = {"person": found, "form": form, "known": forms.known(), "trail": selectors.person_trail(found)}
    return render(request, "people/person.html", context)


@needs("admin", "POST")
@confirmed
def person_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Do one thing to a person."""
    if act not in _ACTS:
        raise Http404(act)
    service, said = _ACTS[act]
    found = get_object_or_404(Person, pk=pk)
    try:
        service(by=person_of(request), person=found)
    except InputError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{found.name} {said}")
    return redirect("person", pk=pk)


@needs("admin", "POST")
@confirmed
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a person a new password, and show it this once."""
    made = services.person_set_password(by=person_of(request), person=get_object_or_404(Person, pk=pk))
    return render(request, "people/sign_in_made.html", {"made": made})


def _now(found: Person) -> dict[str, str]:
    return {"role": found.role, "groups_seen": ", ".join(found.groups_seen), "agent_id": found.agent_id}
