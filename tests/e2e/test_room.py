"""What one viewer does reaches all others, whichever process they are on."""

import asyncio
import base64
import time
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.deployment import Deployment
from tests.e2e.client import Client
from tests.e2e.conftest import GRACE, Enter

Room = dict[str, Any]


async def test_a_comment_reaches_everybody_once(setup: Deployment, room: Room, enter: Enter) -> None:
    """A comment arrives as one and the same frame on all processes, at its sender too, who also gets an ack."""
    li, han = setup.call("make_users", count=2)
    sender = await enter(token=li["token"])
    others = [await enter(token=han["token"]), await enter()]

    ack = await sender.ask("message", content="  Hello!  ", client_msg_id="k1")

    frame = await sender.until("message")
    user = {"id": li["id"], "nickname": li["nickname"], "avatar": "", "role": "viewer"}
    seq = room["seq"] + 1
    assert frame == {
        "msg_type": "message", "ts": frame["ts"], "seq": seq, "id": ack["id"], "user": user, "content": "Hello!",
    }  # fmt: skip
    assert ack == {
        "msg_type": "ack", "ts": ack["ts"], "to": "message", "ref": ack["ref"], "client_msg_id": "k1",
        "id": frame["id"], "seq": seq, "shown": True,
    }  # fmt: skip
    for other in others:
        assert await other.until("message") == frame
    await everybody_has_only(room, [sender, *others], ["message"])


async def test_a_key_counts_once_on_all_processes(setup: Deployment, room: Room, enter: Enter) -> None:
    """The same comment sent again, from every process at once, is one comment with equal acks."""
    (li,) = setup.call("make_users", count=1)
    sockets = [await enter(token=li["token"], url=url) for url in setup.urls * 2]

    acks = await asyncio.gather(*(each.ask("message", content="Once", client_msg_id="same") for each in sockets))

    assert {(ack["msg_type"], ack["id"], ack["seq"]) for ack in acks} == {("ack", acks[0]["id"], room["seq"] + 1)}
    await everybody_has_only(room, sockets, ["message"])
    assert setup.call("read_room", room_id=room["id"])["comments"] == ["Once"]


async def test_likes_are_summed_for_everybody(room: Room, enter: Enter) -> None:
    """Likes given on all processes come to the same total on each of them."""
    clients = [await enter() for _ in range(4)]
    for count, client in enumerate(clients, 1):
        await client.send("like", count=count)
    for client in clients:
        await client.wait(partial(likes_are, client, 10), "10 likes")
        assert client.seen("like")[-1]["total"] == 10
    assert (await enter()).init["likes"] == 10


async def test_a_follow_reaches_everybody(setup: Deployment, room: Room, enter: Enter) -> None:
    """A follow is told with the new number, an unfollow by the number alone; the same again is not told."""
    li, han = setup.call("make_users", count=2)
    follower, watcher = await enter(token=li["token"]), await enter(token=han["token"])

    assert (await follower.ask("subscribe"))["followers"] == 1
    assert (await follower.ask("subscribe"))["followers"] == 1
    assert (await watcher.ask("subscribe"))["followers"] == 2
    assert (await follower.ask("subscribe", action="unfollow"))["followers"] == 1

    for client in (follower, watcher):
        await client.reach(room["seq"] + 3)
        assert [(event["msg_type"], event["followers"]) for event in client.events] == [
            ("subscribe", 1), ("subscribe", 2), ("followers", 1),
        ]  # fmt: skip
    init = (await enter(token=han["token"])).init
    assert (init["following"], init["room"]["followers"]) == (True, 1)


async def test_a_purchase_reaches_everybody(setup: Deployment, room: Room, enter: Enter) -> None:
    """A purchase is acknowledged with its order, and told to all with the buyer's name masked."""
    (li,) = setup.call("make_users", count=1)
    buyer, watcher = await enter(token=li["token"]), await enter()
    (item,) = room["items"]

    ack = await buyer.ask("buy", item_id=item, quantity=2, client_order_id="o1", price="20.00")

    (order,) = setup.call("read_item", item_id=item)["orders"]
    assert ack["order"]["number"] == order["number"]
    assert ack["order"] | {"number": "", "created_at": 0, "expires_at": 0} == {
        "number": "", "status": "pending", "item_id": item, "title": "Tea 0", "quantity": 2,
        "price": "20.00", "total": "40.00", "created_at": 0, "expires_at": 0,
    }  # fmt: skip
    frame = await watcher.until("buy")
    assert frame == {
        "msg_type": "buy", "ts": frame["ts"], "seq": room["seq"] + 1, "action": "purchase", "count": 1, "quantity": 2,
        "user": {"id": li["id"], "nickname": "V**", "avatar": "", "role": "viewer"},
        "item_id": item, "title": "Tea 0", "stock": 48, "sold": 2,
    }  # fmt: skip
    assert await buyer.until("buy") == frame


async def test_nobody_joins_twice_or_leaves_early(setup: Deployment, room: Room, enter: Enter) -> None:
    """One with a socket on every process joins once, and leaves once, the grace after the last socket was lost."""
    (li,) = setup.call("make_users", count=1)
    watchers = [await enter(url=url) for url in setup.urls]
    online = len(watchers) + 1

    sockets = []
    for url in setup.urls * 2:
        sockets.append(await enter(token=li["token"], url=url))
        for watcher in watchers:
            await watcher.wait(partial(joins, watcher, li["id"]), "join")
    for watcher in watchers:
        assert joins(watcher, li["id"])[0]["online"] == online
    # A comment follows whatever his further sockets could have caused.
    await sockets[-1].ask("message", content="Here")
    for watcher in watchers:
        await watcher.until("message")
        assert len(joins(watcher, li["id"])) == 1

    for socket in sockets:
        lost = time.monotonic()
        await socket.abort()
    for watcher in watchers:
        await watcher.until("leave")
    assert time.monotonic() - lost >= GRACE
    for watcher in watchers:
        assert [leave["user"]["id"] for leave in watcher.seen("leave")] == [li["id"]]
        assert watcher.seen("leave")[0]["online"] == online - 1
        assert len(joins(watcher, li["id"])) == 1


async def test_one_who_comes_back_within_the_grace_was_never_away(setup: Deployment, room: Room, enter: Enter) -> None:
    """A viewer cut off on one process who comes back on another neither leaves nor joins."""
    li, han = setup.call("make_users", count=2)
    watchers = [await enter(url=url) for url in setup.urls]
    socket = await enter(token=li["token"], url=setup.urls[0])
    for watcher in watchers:
        await watcher.wait(partial(joins, watcher, li["id"]), "join")
    await socket.abort()
    await enter(token=li["token"], url=setup.urls[-1])

    # Somebody else's whole stay is longer than what is left of the grace.
    other = await enter(token=han["token"], url=setup.urls[0])
    await other.abort()
    for watcher in watchers:
        await watcher.until("leave")
        assert [leave["user"]["id"] for leave in watcher.seen("leave")] == [han["id"]]
        assert len(joins(watcher, li["id"])) == 1


async def test_a_leave_frame_skips_the_grace(setup: Deployment, room: Room, enter: Enter) -> None:
    """One who says that he leaves is closed with 1000, and is gone for everybody."""
    (li,) = setup.call("make_users", count=1)
    watchers = [await enter(url=url) for url in setup.urls]
    socket = await enter(token=li["token"])
    for watcher in watchers:
        await watcher.wait(partial(joins, watcher, li["id"]), "join")
    await socket.send("leave", reason="bye")
    assert await socket.closed() == 1000
    for watcher in watchers:
        assert (await watcher.until("leave"))["user"]["id"] == li["id"]


async def test_the_sample_key_of_rfc_6455(setup: Deployment, room: Room) -> None:
    """The handshake's key is answered as RFC 6455, section 1.3, computes it; no subprotocol is named unasked."""
    head = await handshake(setup.url, f"/ws/rooms/{room['slug']}/")
    assert head["status"] == "HTTP/1.1 101 Switching Protocols"
    assert head["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert "sec-websocket-protocol" not in head


@pytest.mark.parametrize(
    ("offer", "named"),
    [
        ("chat, superchat", "chat"),
        ("protocol1", "protocol1"),
        ("superchat, liveroom.v1, chat", "liveroom.v1"),
        ("protocol1, protocol2", "protocol1"),
    ],
)
async def test_an_offer_of_subprotocols_is_answered(setup: Deployment, room: Room, offer: str, named: str) -> None:
    """Ours is named if it is offered, else chat, else the first: browsers fail when an offer goes unanswered."""
    head = await handshake(setup.url, f"/ws/rooms/{room['slug']}", f"Sec-WebSocket-Protocol: {offer}\r\n")
    assert head["sec-websocket-protocol"] == named


async def handshake(url: str, path: str, header: str = "") -> dict[str, str]:
    """Shake hands with the sample key over a bare socket; the answer's status line and headers."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    key = base64.b64encode(b"the sample nonce").decode()
    assert key == "dGhlIHNhbXBsZSBub25jZQ=="
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{header}\r\n".encode()
    )
    async with asyncio.timeout(10):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    writer.close()
    await writer.wait_closed()
    pairs = (line.split(": ", 1) for line in lines[1:] if line)
    return {"status": lines[0]} | {name.lower(): value for name, value in pairs}


def likes_are(watcher: Client, count: int) -> bool:
    """Whether a client was told of so many likes."""
    return sum(frame["count"] for frame in watcher.seen("like")) == count


def joins(watcher: Client, user_id: str) -> list[dict[str, Any]]:
    """The joins of one user that a client saw."""
    return [frame for frame in watcher.seen("join") if frame["user"]["id"] == user_id]


async def everybody_has_only(room: Room, clients: list[Client], types: list[str]) -> None:
    """Each client has exactly these durable events, by their types, since the room was made; a ping marks the end."""
    for client in clients:
        await client.reach(room["seq"] + len(types))
        await client.ask("ping")
        assert [event["msg_type"] for event in client.events] == types
        assert [event["seq"] for event in client.events] == list(range(room["seq"] + 1, room["seq"] + 1 + len(types)))
