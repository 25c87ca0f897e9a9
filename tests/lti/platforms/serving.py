"""A small Django site as a process: its settings, its tables in SQLite, its pages, until it is asked to end."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

HERE = "127.0.0.1"
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
APPS = ("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions")


def arguments(description: str) -> argparse.Namespace:
    """What every platform is told: where it serves, which tool it launches, and what of it."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, default=Path(), help="where the database is written")
    parser.add_argument("--tool", required=True, help="the tool's addresses begin so, as http://127.0.0.1:8000/api/lti")
    parser.add_argument("--course", required=True, help="the code of a course of the tool")
    parser.add_argument("--lesson", required=True, help="the code of a lesson in it")
    return parser.parse_args()


def serve(
    told: argparse.Namespace,
    *,
    prepare: str,
    pages: str,
    apps: Sequence[str] = (),
    middleware: Sequence[str] = (),
    **more: object,
) -> None:
    """Serve the pages of a module, until a signal. `prepare` names what is called beforehand, with what was told.

    Both are named and not handed over, because models can be imported only where Django is set up.
    """
    settings.configure(
        SECRET_KEY="this platform keeps nothing that anybody wants",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(told.folder / "platform.db")}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        ROOT_URLCONF=pages,
        INSTALLED_APPS=[*APPS, *apps],
        MIDDLEWARE=[*MIDDLEWARE, *middleware],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        USE_TZ=True,
        # A tool in a frame sends the browser back to us: our own session is a third party's there.
        SESSION_COOKIE_SAMESITE="None",
        SESSION_COOKIE_SECURE=True,
        **more,
    )
    django.setup()
    call_command("migrate", verbosity=0, run_syncdb=True)
    import_string(prepare)(told)
    print(f"http://{HERE}:{told.port}/", flush=True)
    run(HERE, told.port, get_wsgi_application(), threading=True)
