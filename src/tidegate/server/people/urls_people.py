"""Pages about people and their tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from tidegate.server.people.views import people, tokens

if TYPE_CHECKING:
    from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    path("people", people.people, name="people"),
    path("people/new", people.person_new, name="person_new"),
    path("people/tokens", tokens.tokens, name="tokens"),
    path("people/tokens/new", tokens.token_new, name="token_new"),
    path("people/tokens/<int:pk>/revoke", tokens.token_revoke, name="token_revoke"),
    path("people/<int:pk>", people.person, name="person"),
    path("people/<int:pk>/password", people.person_password, name="person_password"),
    path("people/<int:pk>/<slug:act>", people.person_act, name="person_act"),
]
