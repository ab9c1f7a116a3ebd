"""Who is at the other end of a socket. Synchronous: it queries the database."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.utils.crypto import constant_time_compare

from accounts.models import User

SESSION_KEY_LENGTH_MAX = 4096


def user_from_session(session_key: str) -> User | None:
    """Return who is logged in under this value of the session cookie; None for nobody, or for an inactive user.

    It checks what `django.contrib.auth.get_user` checks, but never writes: that function renews or drops the session,
    and a socket has no way to hand the browser a new cookie.
    """
    # A NUL in a query is an error of its own on PostgreSQL.
    if not (session_key.isascii() and session_key.isprintable() and len(session_key) <= SESSION_KEY_LENGTH_MAX):
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    backend_path = session.get(BACKEND_SESSION_KEY)
    if SESSION_KEY not in session or backend_path not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(backend_path).get_user(User._meta.pk.to_python(session[SESSION_KEY]))
    if not isinstance(user, User) or not user.is_active:
        return None
    session_hash = session.get(HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return user if any(constant_time_compare(session_hash, known) for known in hashes) else None
