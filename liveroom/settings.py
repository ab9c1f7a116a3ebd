"""Settings: one file, driven by the environment. Every limit states its default, its unit and what it guards."""

import re
from pathlib import Path
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from liveroom.environment import Environment, database_of, kept_key

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

# What the server keeps; nobody else's business.
VAR_DIR.mkdir(mode=0o700, exist_ok=True)

env = Environment()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY", default="")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Set it to a long random string, or set DEBUG=1 on a development machine."
        )
    SECRET_KEY = kept_key(VAR_DIR / "secret_key")

# Where `python -m liveroom.serve` listens, and with what, where its arguments do not say.
HOST = env.text("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000, most=65535)
SERVER = env.choice("SERVER", "daphne", "uvicorn", default="daphne")

ORIGIN = r"https?://[^/\s]+"
ALLOWED_HOSTS = env.all_matching(
    "ALLOWED_HOSTS",
    r"\*|\.?[A-Za-z0-9_-][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]",
    "host names such as your.host, without https:// and without a port",
    default=["*"] if DEBUG else ["localhost", "127.0.0.1", "[::1]"],
)
CSRF_TRUSTED_ORIGINS = env.all_matching("CSRF_TRUSTED_ORIGINS", ORIGIN, "origins such as https://your.host")

INSTALLED_APPS = [
    "daphne",
    "liveroom",
    "products",
    "rooms",
    "accounts",
    "channels",
    "liveroom.admin_site.ControlRoomConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
]

MIDDLEWARE = [
    "liveroom.health.probes",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "liveroom.storage.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "liveroom.urls"
ASGI_APPLICATION = "liveroom.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database: SQLite under var/ unless DATABASE_URL names another one.

DATABASE_URL = env.text("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'liveroom.sqlite3'}")
DATABASES = {"default": database_of(DATABASE_URL)}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = 0
if _database["ENGINE"] == "django.db.backends.sqlite3":
    import sqlite3

    # INSERT … RETURNING, UPDATE … FROM.
    if sqlite3.sqlite_version_info < (3, 35):
        raise ImproperlyConfigured(
            f"Python's SQLite is {sqlite3.sqlite_version}; it takes 3.35 or newer, or PostgreSQL in DATABASE_URL."
        )
    _database["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN: two writers queue up instead of failing at their first UPDATE.
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    from liveroom.postgresql.pool import connect_again

    # psycopg's own pool: a kept connection per request thread would leak them, and its default wait is 30 s.
    _database["ENGINE"] = "liveroom.postgresql"
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        # Left to itself the pool doubles the time to its next try for 5 minutes: an outage would outlast itself. Here
        # it gives up after the second one, and begins anew.
        "pool": {
            "min_size": 2,
            "max_size": env.int("DATABASE_POOL", default=12, least=2),
            "timeout": 3,
            "reconnect_timeout": 0.25,
            "reconnect_failed": connect_again,
        },
        "connect_timeout": 3,
        "tcp_user_timeout": 5000,
        "options": "-c statement_timeout=8000 -c lock_timeout=4000",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Channel layer: in-memory unless REDIS_URL names a server.

REDIS_URL = env.text("REDIS_URL", default="")
if REDIS_URL and not re.match(r"(rediss?|unix)://.", REDIS_URL):
    # Without the URL itself: it may hold a password.
    raise ImproperlyConfigured("REDIS_URL cannot be read; it takes redis://[user:password@]host[:port][/number].")
REDIS_PREFIX = env.text("REDIS_PREFIX", default="liveroom")
CHANNEL_LAYERS: dict[str, dict[str, object]] = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "prefix": REDIS_PREFIX,
                # The health check is what wakes a subscribing connection whose peer vanished.
                "hosts": [
                    {
                        "address": REDIS_URL,
                        "health_check_interval": 5,
                        "socket_timeout": 5,
                        "socket_connect_timeout": 2,
                    }
                ],
            },
        }
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}
    )
}

# --- Users, sessions, security.

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# HTTPS=1 says that every browser reaches this server through TLS: cookies are marked so, and HTTP is redirected.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
# The rest of the domain is its owner's: a browser that was told so keeps to it for a year.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=False)
# Only behind a proxy that always sets or removes this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("TRUST_PROXY", default=False) else None

# A room's form sends a dozen fields for each of the 200 items of a full shelf.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# --- Language and time.

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "liveroom" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", default="Asia/Shanghai")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE is {TIME_ZONE!r}; it takes a name such as Asia/Shanghai or UTC.")

# --- Static files: no build step; whitenoise serves them.

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# The client file: the page imports the one that mini-programs use, unchanged.
STATICFILES_DIRS = [("miniprogram/utils", BASE_DIR / "miniprogram" / "utils")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "liveroom.storage.StaticStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- What people upload. Default: under var/. All processes share it.

MEDIA_URL = "/media/"
MEDIA_ROOT = env.text("MEDIA_ROOT", default=str(VAR_DIR / "media"))

# --- HTTP API.

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    # Whose address X-Forwarded-For tells: without a proxy of ours the header is the caller's own invention.
    "NUM_PROXIES": 1 if env.bool("TRUST_PROXY", default=False) else 0,
}
# Counts requests per address and holds WeChat's access token: for all processes where there is Redis, else in each for
# itself. Past this many entries Django's memory cache forgets a third.
CACHES: dict[str, dict[str, object]] = {
    "default": (
        {
            "BACKEND": "liveroom.cache.SharedCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": REDIS_PREFIX,
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 10_000}
SPECTACULAR_SETTINGS = {
    "TITLE": "Liveroom",
    "DESCRIPTION": "The HTTP side of a Liveroom server, beside the WebSocket of its rooms.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api",
    # The page of /api/docs/ with everything that it needs, from this server.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Liveroom: who may enter, and where.

# The room that /ws/ and /chat lead to. Default: demo.
LIVEROOM_DEFAULT_ROOM = env.matching(
    "LIVEROOM_DEFAULT_ROOM", r"[-a-zA-Z0-9_]{1,64}", "the slug of a room, such as demo", default="demo"
)
# What somebody without an account may do: "watch" (default) or "talk".
LIVEROOM_GUESTS = env.choice("LIVEROOM_GUESTS", "watch", "talk", default="watch")
# Where somebody who may only watch can log in: a path of this host or an address; `next` is added to it, which says
# where to go afterwards. Default: none, and the page says that only watching is possible.
LIVEROOM_LOGIN_URL = env.matching(
    "LIVEROOM_LOGIN_URL",
    r"/|/[^/\\\s]\S*|https?://[^/\s]\S*",
    "/path, or an address with https:// or http://",
)
# Whether everybody's room page has the inspector for developers. Default: on where DEBUG is. Staff always has it.
LIVEROOM_INSPECTOR = env.bool("LIVEROOM_INSPECTOR", default=DEBUG)
# Origins (scheme://host[:port]) beside our own whose pages may use the session cookie on the socket, and the API by
# CORS.
LIVEROOM_WEB_ORIGINS = env.all_matching("LIVEROOM_WEB_ORIGINS", ORIGIN, "origins: scheme://host[:port]")
CORS_ALLOWED_ORIGINS = LIVEROOM_WEB_ORIGINS
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/api/"
# Secrets of the systems that may call POST /api/auth/issue. Default: none, the route is closed.
LIVEROOM_SERVER_KEYS = env.all_matching("LIVEROOM_SERVER_KEYS", r".+", "keys, parted by commas")
# The mini-program whose users log in, as WeChat's platform names it, and its secret. Default: none, nobody does.
WECHAT_APPID = env.matching("WECHAT_APPID", r"[A-Za-z0-9_-]+", "an app id such as wx0123456789abcdef")
WECHAT_SECRET = env.text("WECHAT_SECRET", default="")
if bool(WECHAT_APPID) != bool(WECHAT_SECRET):
    raise ImproperlyConfigured("WECHAT_APPID and WECHAT_SECRET belong together: one is set, and the other is not.")
# Where WeChat's servers are, or what stands in front of them. Default: https://api.weixin.qq.com.
WECHAT_API_URL = env.matching(
    "WECHAT_API_URL",
    r"https?://[^/?#\s]+(/[^?#\s]*)?",
    "an address such as https://api.weixin.qq.com",
    default="https://api.weixin.qq.com",
)
# Seconds that one call of WeChat may take. Default: 5. Guards those who wait for it.
LIVEROOM_WECHAT_TIMEOUT = env.int("LIVEROOM_WECHAT_TIMEOUT", default=5, least=1, most=60)
# The template of the message by which followers hear that a host goes live. Default: none, nobody is told.
WECHAT_TEMPLATE_LIVE = env.matching("WECHAT_TEMPLATE_LIVE", r"[A-Za-z0-9_-]{1,64}", "the id of a template")
# What its fields say: {title} of the room, {host}, {time}. And the page that it leads to.
WECHAT_TEMPLATE_LIVE_DATA = env.all_matching(
    "WECHAT_TEMPLATE_LIVE_DATA",
    r"[a-z_]+[0-9]+=([^{}]|\{(title|host|time)\})+",
    "fields of the template such as thing1={title},thing2={host},time3={time}",
)
if WECHAT_TEMPLATE_LIVE and not WECHAT_TEMPLATE_LIVE_DATA:
    raise ImproperlyConfigured("WECHAT_TEMPLATE_LIVE is set, and WECHAT_TEMPLATE_LIVE_DATA does not say what it says.")
WECHAT_TEMPLATE_LIVE_PAGE = env.matching(
    "WECHAT_TEMPLATE_LIVE_PAGE",
    r"(?=\S{1,192}$)[^/{}]([^{}]|\{slug\})*",
    "a page of the mini-program, with {slug} where the room's is to stand",
    default="pages/room/room?slug={slug}",
)
# What relative URLs in frames are relative to. Default: the address that the client itself connected to.
LIVEROOM_BASE_URL = env.matching("LIVEROOM_BASE_URL", r"https?://[^/\s]\S*", "an address such as https://your.host")
# Seconds a token is good for. Default: 30 days.
LIVEROOM_TOKEN_AGE = env.int("LIVEROOM_TOKEN_AGE", default=30 * 24 * 3600, least=1)
# Whether a buyer's nickname is masked (李**) in the purchase that everybody sees. Default: yes.
LIVEROOM_MASK_BUYERS = env.bool("LIVEROOM_MASK_BUYERS", default=True)

# --- Liveroom: what texts pass.

# The checks that every comment, nickname and notice passes, as dotted paths; rooms/checks says how to write one.
# Default: the blocked words, then WeChat's msgSecCheck, which asks only where LIVEROOM_MSG_CHECK is on.
LIVEROOM_CHECKS = env.all_matching(
    "LIVEROOM_CHECKS",
    r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+",
    "dotted paths of functions, such as shop.checks.links_wait",
    default=["rooms.checks.local.blocked_words", "rooms.checks.wechat.msg_sec_check"],
)
# Whether the checks that ask elsewhere are asked: "off" (default), "after" (a comment is shown at once, and taken down
# when it is refused), or "before" (a comment waits until it has passed).
LIVEROOM_MSG_CHECK = env.choice("LIVEROOM_MSG_CHECK", "off", "after", "before", default="off")
# What becomes of a text that they give no answer about: it passes ("open", default), or a human decides ("closed").
LIVEROOM_MSG_CHECK_FAIL = env.choice("LIVEROOM_MSG_CHECK_FAIL", "open", "closed", default="open")
# Calls of msgSecCheck a minute, of all processes together. Default: 4000, which is what WeChat allows.
LIVEROOM_MSG_CHECK_RATE = env.int("LIVEROOM_MSG_CHECK_RATE", default=4000)
if LIVEROOM_MSG_CHECK != "off" and "rooms.checks.wechat.msg_sec_check" in LIVEROOM_CHECKS and not WECHAT_APPID:
    raise ImproperlyConfigured(
        f"LIVEROOM_MSG_CHECK is {LIVEROOM_MSG_CHECK!r}, and WeChat is to be asked: set WECHAT_APPID and WECHAT_SECRET."
    )

# --- Liveroom: limits. 0 means no limit.

# Characters of a comment after trimming. Default: 200.
LIVEROOM_COMMENT_MAX = env.int("LIVEROOM_COMMENT_MAX", default=200)
# Comments per second and user, and how many at once before that. Defaults: 1 and 3. Guards the room against one voice.
LIVEROOM_RATE = env.number("LIVEROOM_RATE", default=1)
LIVEROOM_BURST = env.int("LIVEROOM_BURST", default=3)
# The same for the host and his assistants, per second. Default: 10.
LIVEROOM_STAFF_RATE = env.number("LIVEROOM_STAFF_RATE", default=10)
# Seconds within which the same text of one user is refused. Default: 5.
LIVEROOM_REPEAT = env.number("LIVEROOM_REPEAT", default=5)
# Likes per second and user; what is above is ignored. Default: 50.
LIVEROOM_LIKE_RATE = env.int("LIVEROOM_LIKE_RATE", default=50)
# Follows and unfollows per second and user, after ten at once. Default: 1. Guards the log: each is an event in every
# room of the host.
LIVEROOM_FOLLOW_RATE = env.number("LIVEROOM_FOLLOW_RATE", default=1)
# Guests per minute that one address may make over HTTP. Default: 30. Guards the table of users.
LIVEROOM_GUEST_RATE = env.int("LIVEROOM_GUEST_RATE", default=30)
# Logins by WeChat per minute that one address may try. Default: 300, as thousands of phones may share one. Guards what
# WeChat allows the app.
LIVEROOM_WECHAT_RATE = env.int("LIVEROOM_WECHAT_RATE", default=300)
# Messages per second by which a process tells followers. Default: 50. Guards what WeChat allows the app.
LIVEROOM_WECHAT_MESSAGE_RATE = env.int("LIVEROOM_WECHAT_MESSAGE_RATE", default=50, least=1)
# New names per minute that one user may try over HTTP. Default: 10. Guards what WeChat allows the app, and his rooms.
LIVEROOM_NICKNAME_RATE = env.int("LIVEROOM_NICKNAME_RATE", default=10)
# Bytes of a picture that somebody sends of himself, and how many per minute one address may send. Defaults: 2 MiB, 30.
LIVEROOM_AVATAR_BYTES = env.int("LIVEROOM_AVATAR_BYTES", default=2_097_152)
LIVEROOM_AVATAR_RATE = env.int("LIVEROOM_AVATAR_RATE", default=30)
# Bytes of one client frame. Default: 16384. A server reads 65536 at most.
LIVEROOM_FRAME_MAX = env.int("LIVEROOM_FRAME_MAX", default=16_384, most=65_536)
# Frames per second and socket; five seconds above it end the socket. Default: 30.
LIVEROOM_FRAME_RATE = env.int("LIVEROOM_FRAME_RATE", default=30)
# Sockets of one user in one process; the oldest goes. Default: 5.
LIVEROOM_SOCKETS_PER_USER = env.int("LIVEROOM_SOCKETS_PER_USER", default=5)
# Comments in `init`. Default: 50.
LIVEROOM_HISTORY = env.int("LIVEROOM_HISTORY", default=50)
# The most events that are replayed to one who comes back. Default: 500.
LIVEROOM_REPLAY = env.int("LIVEROOM_REPLAY", default=500)
# Bytes that wait for a client that reads slowly, and seconds that it may be stuck, before it is cut. Defaults: 1 MiB,
# 30.
LIVEROOM_OUTBOX_BYTES = env.int("LIVEROOM_OUTBOX_BYTES", default=1_048_576)
LIVEROOM_STALL = env.number("LIVEROOM_STALL", default=30)
# Milliseconds between two pings of a client, as `init` tells it. Default: 25000.
LIVEROOM_HEARTBEAT = env.int("LIVEROOM_HEARTBEAT", default=25_000)
# Seconds that somebody whose socket was lost still counts as present. Default: 10.
LIVEROOM_GRACE = env.number("LIVEROOM_GRACE", default=10)
# Viewers of a room up to which joins and leaves are told one by one. Default: 500.
LIVEROOM_ANNOUNCE_UP_TO = env.int("LIVEROOM_ANNOUNCE_UP_TO", default=500)
# Seconds between two `sync` of one socket. Default: 2.
LIVEROOM_SYNC_EVERY = env.number("LIVEROOM_SYNC_EVERY", default=2)
# Comments per second that a room shows; what is above is stored and held back. Default: 40.
LIVEROOM_ROOM_BUDGET = env.int("LIVEROOM_ROOM_BUDGET", default=40)
# Commands that wait for one room's commit before senders get `unavailable`. Default: 2000.
LIVEROOM_WRITER_QUEUE = env.int("LIVEROOM_WRITER_QUEUE", default=2000)
# Seconds a database read for a socket may take before the client is told `unavailable`. Default: 10.
LIVEROOM_DB_TIMEOUT = env.number("LIVEROOM_DB_TIMEOUT", default=10)

LOG_LEVEL = env.choice("LOG_LEVEL", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {
        "no probes": {"()": "liveroom.logs.NoProbes"},
        "no outages": {"()": "liveroom.logs.NoOutages"},
        "once a minute": {"()": "liveroom.logs.OnceAMinute"},
        "no garbage": {"()": "liveroom.logs.NoGarbage"},
        "one line": {"()": "liveroom.logs.OneLine"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Without handlers of its own: Django's would say everything twice.
        "django": {"handlers": [], "level": "INFO"},
        "django.request": {"level": "ERROR", "filters": ["no probes"]},
        "django.security.DisallowedHost": {"filters": ["one line"]},
        "django.server": {"level": "WARNING"},
        "channels_redis.pubsub": {"filters": ["no outages"]},
        "psycopg.pool": {"filters": ["once a minute"]},
        "uvicorn.error": {"filters": ["no garbage"]},
        # It logs every address that is asked, with all that stands in it.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
    },
}

# A slip in a name would leave its setting at the default, and nobody would hear of it.
env.refuse_misspelled()
# Names that are like no setting may be another program's: Kubernetes sets some for a service called liveroom.
UNKNOWN_SETTINGS = env.unknown()
