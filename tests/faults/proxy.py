"""Stands between Liveroom and PostgreSQL, and keeps the answers to some COMMITs to itself.

python -m tests.faults.proxy PORT POSTGRES_PORT SEED
"""

import asyncio
import random
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.programs import free_port
from tests.servers import START_TIMEOUT, Program

SHARE = 0.25
"""Of all commits, while it cuts; of those that add likes, all."""
CUT = "Committed, and cut."
CUT_LIKES = f"{CUT} Likes."
LIKES = b'"rooms_roomhead"."likes" + '
"""In a statement that adds to them."""
LISTENING = "Listening."


class Proxy(Program):
    """The proxy as a process of its own: a test's loop is held up by other servers that start through it."""

    def __init__(self, directory: Path, postgres_port: int, *, seed: int) -> None:
        self.port = free_port()
        numbers = [str(number) for number in (self.port, postgres_port, seed)]
        super().__init__("proxy", [sys.executable, "-m", "tests.faults.proxy", *numbers], directory=directory)

    def __enter__(self) -> Self:
        self.start(lambda: LISTENING in self.text())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def begin(self) -> None:
        """Cut from now on."""
        self.signal(signal.SIGUSR1)

    def end(self) -> None:
        """Cut no more."""
        self.signal(signal.SIGUSR2)

    async def lost_likes(self) -> None:
        """Wait until the answer to a commit that added likes was lost."""
        async with asyncio.timeout(START_TIMEOUT):
            while CUT_LIKES not in self.text():  # noqa: ASYNC110 - it tells its log alone
                await asyncio.sleep(0.1)


class Forwarder:
    """``cutting``: whether a commit's answer may be lost now."""

    def __init__(self, postgres_port: int, rng: random.Random) -> None:
        self.cutting = False
        self._postgres_port = postgres_port
        self._rng = rng

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, until one of its ends, or a lost answer, ends it."""
        there, away = await asyncio.open_connection("127.0.0.1", self._postgres_port)
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def forth() -> None:
            likes = False
            while data := await reader.read(65536):
                likes = likes or LIKES in data
                if b"COMMIT" in data:
                    if self.cutting and (likes or self._rng.random() < SHARE):
                        lost.set_result(CUT_LIKES if likes else CUT)
                    likes = False
                away.write(data)

        async def back() -> None:
            # PostgreSQL speaks when it is asked: what comes next is the answer to the COMMIT.
            while (data := await there.read(65536)) and not lost.done():
                writer.write(data)
            if data:
                print(lost.result(), flush=True)

        tasks = [asyncio.create_task(forth()), asyncio.create_task(back())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for end in (writer, away):
            end.transport.abort()


async def main(port: int, postgres_port: int, seed: int) -> None:
    forwarder = Forwarder(postgres_port, random.Random(seed))
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, setattr, forwarder, "cutting", True)
    loop.add_signal_handler(signal.SIGUSR2, setattr, forwarder, "cutting", False)
    loop.add_signal_handler(signal.SIGTERM, over.set)
    await asyncio.start_server(forwarder.carry, "127.0.0.1", port)
    print(LISTENING, flush=True)
    await over.wait()


if __name__ == "__main__":
    asyncio.run(main(*(int(argument) for argument in sys.argv[1:])))
