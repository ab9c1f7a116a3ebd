"""Where other apps ask to be told of a change of a user: they append a callable in their AppConfig.ready().

Those that are told of a change are called after the save, inside its transaction: what they raise undoes the save.
"""

from collections.abc import Callable

from accounts.models import User

nickname_checks: list[Callable[[str, User | None], None]] = []
"""Called with a nickname that somebody gives himself over HTTP, and him (None: a new guest), before it is saved and
outside of every transaction; raises what refuses it."""

profile_locks: list[Callable[[int], None]] = []
"""Called with a user's key before his row is locked to be changed: lock what the change goes on to lock."""

profile_changed: list[Callable[[User], None]] = []
"""Called with a user whose nickname or avatar has changed."""

tokens_revoked: list[Callable[[User], None]] = []
"""Called with a user none of whose earlier tokens is good any more."""
