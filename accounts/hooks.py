"""Where other apps ask to be told of a change of a user: they append a callable in their AppConfig.ready().

Each is called after the save, inside its transaction: what it raises undoes the save.
"""

from collections.abc import Callable

from accounts.models import User

profile_changed: list[Callable[[User], None]] = []
"""Called with a user whose nickname or avatar has changed."""

tokens_revoked: list[Callable[[User], None]] = []
"""Called with a user none of whose earlier tokens is good any more."""
