"""Django's settings, from `environment`. Nothing here reads a variable itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF

from tidegate.server import environment
from tidegate.server.sign_in import mail, oidc, origin_of

ENV = environment.read()


def database(url: str) -> dict[str, Any]:
    """Turn a connection string into Django's form; ``host=`` in the query names a socket's folder."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = query.pop("host", None) or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.pop("port", "") or ""),
        "CONN_HEALTH_CHECKS": True,  # a connection that a restart of the database broke is not handed out
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": ENV.web_threads + 4, "timeout": 10},
            "prepare_threshold": 5,  # for statements that say so; Django's own are never prepared
            **query,
        },
    }


SECRET_KEY = ENV.secret()
SECRET_KEY_FALLBACKS = ENV.older_secrets
TRUSTED_PROXIES = ENV.trusted_proxies
API_REQUESTS_A_MINUTE = ENV.api_requests_a_minute
METRICS_TOKEN = ENV.metrics_token.get_secret_value() if ENV.metrics_token else None
LOGGING_CONFIG = None  # `logs` sees to it, for all processes alike
DEBUG = False
ALLOWED_HOSTS = ENV.hosts
ROOT_URLCONF = "tidegate.server.urls"
WSGI_APPLICATION = "tidegate.server.wsgi.application"

DATABASES = {"default": database(ENV.database_url.get_secret_value() if ENV.database_url else "postgresql:///postgres")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False

INSTALLED_APPS = [
    "tidegate.server.people",
    "tidegate.server.desk",
    "tidegate.server.activity",
    "tidegate.server.jobs",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "tidegate.server.middleware.OriginMiddleware",
    "tidegate.server.metrics.ObserveMiddleware",
    "tidegate.server.api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tidegate.server.middleware.HeadersMiddleware",
    "tidegate.server.middleware.MethodsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "tidegate.server.people.doors.PeopleMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
MIDDLEWARE_OF_PEOPLE = [
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tidegate.server.people.sessions.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "tidegate.server.people.sessions.SessionMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tidegate.server.desk.preferences.in_templates",
            ],
        },
    }
]

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "tidegate.server.people.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an admin vouches for each address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Tidegate: "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if ENV.https else "http"
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # a sign-in is enough for so long to give rights away
ACCOUNT_SESSION_REMEMBER = False  # the cookie ends with the browser, the session with its limits
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "20/m/ip,5/5m/key", "reset_password": "5/m/ip,3/h/key"}
MFA_ADAPTER = "tidegate.server.people.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "Tidegate"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ENV.https  # browsers themselves allow it on localhost alone
SOCIALACCOUNT_ADAPTER = "tidegate.server.people.adapters.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = oidc(ENV)
_MAIL = mail(ENV)
MAIL_IS_SENT = _MAIL is not None
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _MAIL else 'dummy'}.EmailBackend"
if _MAIL:
    EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = _MAIL.host, _MAIL.port, 10
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.tls, _MAIL.starttls
    DEFAULT_FROM_EMAIL = ENV.mail_from
CACHES = {
    # Attempts are counted here: in the database, so that all web processes count together.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "people_cache"},
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

_COOKIE = "__Host-tidegate-" if ENV.https else "tidegate-"
SESSION_ENGINE = "tidegate.server.people.session_store"
SESSION_COOKIE_NAME = _COOKIE + "session"
DEVICE_COOKIE_NAME = _COOKIE + "device"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.https
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS = ENV.session_hours * 3600
SESSION_IDLE_SECONDS = ENV.session_idle_minutes * 60
SECOND_FACTOR_FROM = ENV.second_factor_from
CSRF_COOKIE_AGE = None  # it ends with the browser, as the session does
CSRF_COOKIE_NAME = _COOKIE + "csrf"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.https else None
SECURE_HSTS_SECONDS = 31_536_000 if ENV.https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *origin_of(ENV.oidc_url)],  # browsers hold a form's redirects to it as well
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 50 * 1024 * 1024

READING_MODEL = ENV.model
OUTGOING_ALLOW = ENV.outgoing_allow
OUTBOX_ATTEMPTS = ENV.outbox_attempts
OUTBOX_LEASE_SECONDS = ENV.outbox_lease_seconds
PUBLIC_URL = ENV.public_url
