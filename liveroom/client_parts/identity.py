"""Who a client is, from one socket to the next. Standard library only."""

from collections.abc import Callable

Token = str | Callable[[], str]


class Identity:
    """``token``: the user's own, or a function that gives one; None for a guest.

    ``given``: the token that the server handed to a guest when he became a user.
    """

    def __init__(self, token: Token | None, language: str | None) -> None:
        self._source = token
        self._own = token if isinstance(token, str) else None
        self._language = language
        self._renewed = False
        self.given: str | None = None

    @property
    def token(self) -> str | None:
        """What is shown at the next handshake."""
        if self._own is None and callable(self._source):
            self._own = self._source()
        return self._own or self.given

    def headers(self) -> dict[str, str]:
        """Of the handshake."""
        headers = {"Accept-Language": self._language} if self._language else {}
        token = self.token
        return {**headers, "Authorization": f"Bearer {token}"} if token else headers

    def accepted(self) -> None:
        """The server let us in."""
        self._renewed = False

    def renew(self) -> bool:
        """The token was refused: get another one, or be a guest again. False when there is no other way in."""
        if self._renewed:
            return False
        self._renewed = True
        if callable(self._source):
            self._own = None
            return True
        forgotten, self.given = self.given, None
        return self._own is None and forgotten is not None
