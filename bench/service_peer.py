"""django-helpdesk as its documentation sets it up, with gunicorn and two workers, for `bench_service.py`."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("django-helpdesk", "django<6", "gunicorn", "django-bootstrap4-form", "packaging")
SETTINGS = """
import os
HOME = os.environ["PEER_HOME"]
SECRET_KEY = "bench-only"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
SITE_ID = 1
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "peer_urls"
LOGIN_URL = "helpdesk:login"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HOME + "/db.sqlite3"}}
INSTALLED_APPS = ["django.contrib." + name for name in
    ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles", "sites", "humanize")]
INSTALLED_APPS += ["bootstrap4form", "helpdesk", "rest_framework"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages"]}}]
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]}
HELPDESK_TEAMS_MODE_ENABLED = False
HELPDESK_ACTIVATE_API_ENDPOINT = True
"""
URLS = """
from django.contrib import admin
from django.urls import include, path
urlpatterns = [path("admin/", admin.site.urls), path("", include("helpdesk.urls", namespace="helpdesk"))]
"""
SEED = """
import sys
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from helpdesk.models import Queue, Ticket
User.objects.create_superuser("agent", "agent@example.com", "bench-password")
queue = Queue.objects.create(slug="sup", title="Support", allow_public_submission=True)
tickets, open_ = int(sys.argv[1]), int(sys.argv[2])
now = timezone.now()
Ticket.objects.bulk_create([
    Ticket(title=f"Question {n} on my invoice", queue=queue, created=now - timedelta(minutes=n),
           modified=now, submitter_email=f"u{n % 5000}@example.com", status=1 if n < open_ else 4,
           description="Please have a look at it. " * 8, priority=1 + n % 5)
    for n in range(tickets)], batch_size=2000)
"""
QUERY = {"filtering": {"status__in": [1, 2]}, "sorting": "created", "sortreverse": False, "search_string": ""}


class Peer:
    """A running django-helpdesk."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.bin = folder / "venv" / "bin"
        self.url = f"http://127.0.0.1:{port}"
        self.environ = {
            **os.environ,
            "PEER_HOME": str(folder),
            "PYTHONPATH": str(folder),
            "DJANGO_SETTINGS_MODULE": "peer_settings",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.cookie = self.csrf = ""

    def install(self) -> None:
        """Make its own environment."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.bin / "django-admin").exists():
            subprocess.run([sys.executable, "-m", "venv", str(self.folder / "venv")], check=True)
            subprocess.run([str(self.bin / "pip"), "install", "--quiet", *PACKAGES], check=True)
        (self.folder / "peer_settings.py").write_text(SETTINGS)
        (self.folder / "peer_urls.py").write_text(URLS)

    def seed(self, tickets: int, open_: int) -> None:
        (self.folder / "db.sqlite3").unlink(missing_ok=True)
        admin = str(self.bin / "django-admin")
        subprocess.run([admin, "migrate", "-v0"], env=self.environ, check=True)
        setup = "import django, sys; django.setup()\n"
        command = [str(self.bin / "python"), "-c", setup + SEED, str(tickets), str(open_)]
        subprocess.run(command, env=self.environ, check=True)

    def start(self, workers: int) -> None:
        command = [str(self.bin / "gunicorn"), "-b", f"127.0.0.1:{self.port}", "-w", str(workers), "--timeout", "120"]
        command.append("django.core.wsgi:get_wsgi_application()")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)
        with httpx.Client(base_url=self.url, timeout=60) as client:
            for _ in range(120):
                try:
                    page = client.get("/login/")
                    break
                except httpx.HTTPError:
                    time.sleep(0.5)
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            assert token is not None
            form = {"username": "agent", "password": "bench-password", "csrfmiddlewaretoken": token[1]}
            client.post("/login/", data=form, headers={"Referer": self.url})
            self.csrf = client.cookies["csrftoken"]
            self.cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())

    def list_path(self) -> str:
        """Return the address of the data of its ticket list."""
        query = base64.b64encode(json.dumps(QUERY).encode()).decode()
        table = "draw=1&start=0&length=25&search[value]=&order[0][column]=0&order[0][dir]=asc"
        return f"/datatables_ticket_list/{query}?{table}"

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None
