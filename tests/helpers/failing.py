"""Addresses that fail, each in its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.shortcuts import render
from django.urls import include, path

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def bad(request: HttpRequest) -> NoReturn:
    del request
    raise SuspiciousOperation


def forbidden(request: HttpRequest) -> NoReturn:
    del request
    raise PermissionDenied


def broken(request: HttpRequest) -> NoReturn:
    del request
    raise RuntimeError("a secret of the inside")


def often(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


urlpatterns = [
    path("_400", bad),
    path("_403", forbidden),
    path("_500", broken),
    path("_429", often),
    path("", include("tidegate.server.urls")),
]
