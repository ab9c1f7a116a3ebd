"""How what a viewer asked for is submitted to the room's writer, and answered."""

import asyncio
from collections.abc import Callable
from typing import Any

from rooms import messages
from rooms.messages import Code, Refused
from rooms.realtime.drain import restarting
from rooms.realtime.hub import RoomHub
from rooms.realtime.outbox import Outbox
from rooms.realtime.runtime import Runtime

FAILED = (Code.UNAVAILABLE, Code.INTERNAL)
"""What is the server's own failure: the command would have been done."""


class Answering:
    """The commands of one socket: each is answered once, after its commit."""

    runtime: Runtime
    outbox: Outbox
    send_frame: Callable[..., None]
    refuse: Callable[..., None]
    _unanswered: int = 0
    _all_answered: asyncio.Future[None] | None = None

    @property
    def room(self) -> RoomHub:
        """The hub of the room that the viewer is in; raises Refused before he is."""
        raise NotImplementedError

    def answer(self, to: str, frame: messages.ClientFrame, ack: messages.Ack | None = None) -> None:
        """Acknowledge a frame: always with an ``ack`` of its own, else when it carries a ``ref``."""
        reply = ack
        if reply is None:
            if frame.ref is None:
                return
            reply = messages.Ack(to=to)
        if frame.ref is not None:
            reply.ref = frame.ref
        self.send_frame(reply)

    def submit(
        self,
        command: Any,
        to: str,
        frame: messages.ClientFrame,
        done: Callable[[Any], None],
        undo: Callable[[], None] | None = None,
    ) -> None:
        """Have a command committed, and its sender answered after that; ``undo`` is called when it was refused.

        Raises Refused: a process that ends takes nothing more, so that everything it took is answered.
        """
        if self.runtime.draining:
            raise restarting()

        def settled(outcome: Any) -> None:
            self._unanswered -= 1
            try:
                if isinstance(outcome, Refused):
                    if undo is not None:
                        undo()
                    if outcome.code in FAILED and self.runtime.draining and self.outbox.closed:
                        self.runtime.unheard += 1
                    self.refuse(outcome, to, frame)
                else:
                    done(outcome)
            finally:
                waiting = self._all_answered
                if waiting is not None and not self._unanswered and not waiting.done():
                    waiting.set_result(None)

        self.runtime.writer(self.room.room_id).submit(command, settled)
        self._unanswered += 1

    async def answered(self) -> None:
        """Wait until everything that this socket submitted is answered."""
        if self._unanswered:
            self._all_answered = asyncio.get_running_loop().create_future()
            await self._all_answered
