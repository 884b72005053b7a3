"""Addresses of the policy."""

from __future__ import annotations

from django.urls import path

from tidegate.server.desk.views import policy

urlpatterns = [
    path("policy", policy.active, name="policy"),
    path("policy/edit", policy.edit, name="policy-edit"),
    path("policy/check", policy.check, name="policy-check"),
    path("policy/preview", policy.preview_text, name="policy-preview-text"),
    path("policy/compare", policy.compare, name="policy-compare"),
    path("policy/rollback", policy.rollback, name="policy-rollback"),
    path("policy/versions", policy.create, name="policy-versions"),
    path("policy/versions/<int:number>", policy.version, name="policy-version"),
    path("policy/versions/<int:number>/preview", policy.preview, name="policy-preview"),
    path("policy/versions/<int:number>/activate", policy.activate, name="policy-activate"),
    path("policy/versions/<int:number>/replays", policy.replay_start, name="policy-replays"),
    path("policy/replays/<int:replay_id>", policy.replay, name="policy-replay"),
    path("policy/replays/<int:replay_id>/stop", policy.replay_stop, name="policy-replay-stop"),
]
