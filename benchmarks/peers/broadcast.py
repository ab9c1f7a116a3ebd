"""The floor: a relay with ``websockets.broadcast`` on asyncio. ``python -m benchmarks.peers.broadcast PORT``."""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve

viewers: set[ServerConnection] = set()


async def relay(viewer: ServerConnection) -> None:
    """Send on to everybody what this viewer says."""
    viewers.add(viewer)
    try:
        async for message in viewer:
            broadcast(viewers, message)
    finally:
        viewers.discard(viewer)


async def main(port: int) -> None:
    async with serve(relay, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
