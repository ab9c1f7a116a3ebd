"""What the runtime and its hubs know of a connection."""

from typing import TYPE_CHECKING, Any, Protocol

from rooms.messages import Refused
from rooms.realtime.outbox import Outbox

if TYPE_CHECKING:
    from rooms.realtime.hub import RoomHub


class Connection(Protocol):
    """One viewer's socket."""

    outbox: Outbox
    hub: "RoomHub | None"

    @property
    def is_staff(self) -> bool:
        """Whether it is the room's host or one of his assistants."""
        ...

    def viewer_changed(self, values: dict[str, Any]) -> None:
        """The viewer's own state changed; without values it is to be read again."""
        ...

    def comment_refused(self, comment_id: int) -> None:
        """A comment of the viewer that waited is not shown."""
        ...

    def reread_soon(self) -> None:
        """Read the viewer again, if that is still to be done."""
        ...

    def end(self, refused: Refused) -> None:
        """Send an ``error`` with its close code, then close."""
        ...
