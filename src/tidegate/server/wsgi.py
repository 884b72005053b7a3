"""The web application, as granian serves it."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from tidegate.server import environment, lifeline, logs

lifeline.end_with_parent()
logs.configure(environment.read())
environment.name_settings()
application = get_wsgi_application()
