"""The Python client against a server that does what the test says: commands, streams, coming and going."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from liveroom.client import RoomClient, RoomClosed, RoomError, RoomTimeout, Step, StreamOverrun, socket_address
from tests.liveroom.client.conftest import MakeClient
from tests.liveroom.client.fake import FakeServer, ack, error, init, me, message, one_breath, until


def test_it_is_usable_alone() -> None:
    """It imports no Django, and nothing of the server but its own parts."""
    look = (
        "import sys, liveroom.client; print([name for name in sys.modules if name.split('.')[0] in "
        "('django', 'rooms', 'products', 'accounts', 'channels', 'msgspec', 'liveroom')])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, timeout=60, check=True)
    parts = eval(done.stdout)  # noqa: S307 - our own list
    assert {name for name in parts if not name.startswith("liveroom.client")} == {"liveroom"}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://room.test:8000", "ws://room.test:8000/ws/rooms/demo/"),
        ("https://room.test/", "wss://room.test/ws/rooms/demo/"),
        ("ws://room.test/live/", "ws://room.test/live/ws/rooms/demo/"),
        ("wss://[::1]:9000", "wss://[::1]:9000/ws/rooms/demo/"),
    ],
)
def test_where_the_socket_is(url: str, address: str) -> None:
    """HTTP and WebSocket addresses of a server lead to the room's socket."""
    assert socket_address(url, "demo") == address


@pytest.mark.parametrize(
    "url", ["", "room.test", "ftp://room.test", "http://", "http://room.test:99999", "http://[::1", "ws://room.test:0"]
)
def test_an_address_that_is_none(url: str) -> None:
    """It is named, before anything is opened."""
    with pytest.raises(ValueError, match="is no address of a server"):
        socket_address(url, "demo")


async def test_coming_in_and_leaving(server: FakeServer, client: RoomClient) -> None:
    """It offers our protocol, shows the room, and says that it leaves."""
    peer = await server.enter(client, seq=7, online=12)
    assert peer.path == "/ws/rooms/demo/"
    assert peer.headers["Sec-WebSocket-Protocol"] == "liveroom.v1"
    assert "Authorization" not in peer.headers
    assert (client.online, client.state.seq, client.state.online) == (True, 7, 12)
    assert client.state.room["title"] == "Demo"
    leaving = asyncio.create_task(client.leave("bye"))
    assert await peer.recv() == {"msg_type": "leave", "reason": "bye"}
    await peer.socket.close(1000)
    await leaving
    assert not client.online
    assert client.ended is not None
    assert client.ended.code == "closed"


async def test_the_header_says_who_it_is(server: FakeServer, make_client: MakeClient) -> None:
    """The token, and the language of made-up names."""
    peer = await server.enter(make_client(token="t0k", language="zh-hans"))
    assert peer.headers["Authorization"] == "Bearer t0k"
    assert peer.headers["Accept-Language"] == "zh-hans"


async def test_a_guest_takes_his_name(server: FakeServer, make_client: MakeClient) -> None:
    """Right after the picture, and not once he has a token."""
    client = make_client(nickname="Mei")
    peer = await server.enter(client)
    assert await peer.recv() == {"msg_type": "join", "nickname": "Mei"}
    await peer.send(me(token="t"))
    await until(lambda: client.token == "t")
    await peer.send(init())
    asking = asyncio.create_task(client.follow())
    assert (await peer.recv())["msg_type"] == "subscribe"
    asking.cancel()


async def test_a_name_that_is_refused(
    server: FakeServer, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, and not asked for again; the guest stays, under the name that the server made up."""
    client = make_client(nickname="Bad")
    peer = await server.enter(client)
    assert await peer.recv() == {"msg_type": "join", "nickname": "Bad"}
    await peer.send(error("content_rejected", to="join", field="nickname"))
    await until(lambda: client.stats.errors)
    assert "The nickname 'Bad' was refused: content_rejected: It is content_rejected." in caplog.text
    client.cut()
    peer = await server.peer()
    await peer.send(init(recovered=True))
    await until(lambda: client.stats.reconnects)
    await client.like()
    assert (await peer.recv())["msg_type"] == "like"


async def test_a_name_that_is_refused_for_now(
    server: FakeServer, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said too, and asked for on the next socket."""
    client = make_client(nickname="Mei")
    peer = await server.enter(client)
    await peer.recv()
    await peer.send(error("rate_limited", to="join", retry=True))
    await until(lambda: client.stats.errors)
    assert "The nickname 'Mei' was refused: rate_limited" in caplog.text
    client.cut()
    peer = await server.peer()
    await peer.send(init(recovered=True))
    assert await peer.recv() == {"msg_type": "join", "nickname": "Mei"}


async def test_one_that_watches_takes_no_name(server: FakeServer, make_client: MakeClient) -> None:
    """A name is for guests who may talk."""
    client = make_client(nickname="Mei")
    peer = await server.enter(client, role="guest", user=None)
    await client.like()
    assert (await peer.recv())["msg_type"] == "like"


async def test_commands_and_their_answers(server: FakeServer, client: RoomClient) -> None:
    """Each is the frame that the protocol names, and returns what its ack carries."""
    peer = await server.enter(client)

    async def ask(command: Any, expected: dict[str, Any], **answer: Any) -> Any:
        asking = asyncio.create_task(command)
        asked = await peer.recv()
        assert asked == {"ref": asked["ref"], **expected}
        await peer.send(ack(asked, **answer))
        return await asking

    said = await ask(
        client.comment("你好", key="k1"),
        {"msg_type": "message", "content": "你好", "client_msg_id": "k1"},
        id=9,
        seq=1,
        shown=True,
    )
    assert (said["id"], said["seq"], said["shown"]) == (9, 1, True)
    order = {"number": "2026", "item_id": 3}
    buy = {"msg_type": "buy", "item_id": 3, "quantity": 2, "price": "20.00", "client_order_id": "k2"}
    assert await ask(client.buy(3, 2, "20.00", key="k2"), buy, order=order) == order
    follow = await ask(client.follow(), {"msg_type": "subscribe", "action": "follow"}, following=True, followers=5)
    assert (follow["followers"], client.state.following) == (5, True)
    await ask(client.unfollow(), {"msg_type": "subscribe", "action": "unfollow"}, following=False, followers=4)
    assert client.state.following is False
    await ask(client.join("Han"), {"msg_type": "join", "nickname": "Han"})
    await ask(client.sync(), {"msg_type": "sync", "since": 0, "epoch": "e1"}, seq=0)
    assert await client.like(3)
    assert await peer.recv() == {"msg_type": "like", "count": 3}


async def test_history(server: FakeServer, client: RoomClient) -> None:
    """The page that came right before the ack."""
    peer = await server.enter(client)
    asking = asyncio.create_task(client.history(before=50, limit=2))
    asked = await peer.recv()
    assert asked == {"msg_type": "history", "before": 50, "limit": 2, "ref": asked["ref"]}
    page = [message(3), message(4)]
    await peer.send({"msg_type": "history", "ts": 1, "comments": page, "more": True}, ack(asked))
    assert await asking == (page, True)


async def test_a_refusal(server: FakeServer, client: RoomClient) -> None:
    """It has the code, the detail, and when to try again."""
    peer = await server.enter(client)
    asking = asyncio.create_task(client.comment("Hello"))
    await peer.send(error("slow_mode", await peer.recv(), retry_after=2.5, limit=5))
    with pytest.raises(RoomError) as refused:
        await asking
    assert (refused.value.code, refused.value.detail, refused.value.retry_after) == (
        "slow_mode",
        "It is slow_mode.",
        2.5,
    )
    assert refused.value.frame["limit"] == 5
    assert client.stats.errors == {"slow_mode": 1}


async def test_what_the_server_could_not_do_is_asked_again(server: FakeServer, client: RoomClient) -> None:
    """The same frame, with the same key, until it is done."""
    peer = await server.enter(client)
    asking = asyncio.create_task(client.comment("Hello"))
    asked = await peer.recv()
    await peer.send(error("unavailable", asked, retry_after=0.01))
    assert await peer.recv() == asked
    await peer.send(error("internal", asked, retry_after=0.01))
    assert await peer.recv() == asked
    await peer.send(ack(asked, id=1, seq=1, shown=True))
    assert (await asking)["seq"] == 1
    assert client.stats.retries == 2


async def test_no_answer_in_time(server: FakeServer, client: RoomClient) -> None:
    """RoomTimeout names the key, so that the same can be asked again."""
    await server.enter(client)
    with pytest.raises(RoomTimeout, match=r"No answer to message within 0\.05 s") as timeout:
        await client.comment("Hello", timeout=0.05)
    assert timeout.value.key
    with pytest.raises(RoomTimeout, match="within 0 s"):
        await client.comment("Hello", timeout=0)
    assert isinstance(timeout.value, TimeoutError)


async def test_a_frame_that_would_end_the_socket_is_not_sent(server: FakeServer, client: RoomClient) -> None:
    """The server closes for good on one that is too large."""
    await server.enter(client, limits={"content": 200, "rate": 1, "frame": 300})
    with pytest.raises(RoomError, match="at most 300 bytes"):
        await client.comment("x" * 300)


async def test_the_commands_that_wait_have_a_bound(server: FakeServer, client: RoomClient) -> None:
    """The 101st is refused at once, and nothing else is harmed."""
    await server.enter(client)
    asking = [asyncio.create_task(client.comment(f"{number}")) for number in range(100)]
    await until(lambda: client.stats.frames_out >= 101)
    with pytest.raises(RoomError, match="queue_full"):
        await client.comment("one more")
    for each in asking:
        each.cancel()
    await asyncio.wait(asking)


async def test_close_ends_what_waits(server: FakeServer, client: RoomClient) -> None:
    """Commands raise RoomClosed, streams end, and later ones at once."""
    peer = await server.enter(client)
    events, frames = client.events(), client.frames()
    asking = asyncio.create_task(client.comment("Hello"))
    await peer.recv()
    await client.close()
    with pytest.raises(RoomClosed, match="This client was closed"):
        await asking
    with pytest.raises(RoomClosed):
        await client.comment("again")
    assert [event async for event in events] == []
    assert [event async for event in client.events()] == []
    assert [frame["msg_type"] async for frame in frames] == []
    assert await client.like() is False
    assert await peer.closed() == 1000


async def test_events_and_frames(server: FakeServer, client: RoomClient) -> None:
    """Events: what has a number, from now on. Frames: all that comes."""
    peer = await server.enter(client, seq=4)
    events, frames = client.events(), client.frames()
    sent = [
        message(5),
        {"msg_type": "online", "ts": 1, "online": 9},
        {"msg_type": "confetti", "ts": 1, "seq": 6},
        message(7),
    ]
    await peer.send(*sent)
    assert [(await anext(events))["seq"] for _ in range(3)] == [5, 6, 7]
    assert [await anext(frames) for _ in range(4)] == sent
    assert client.state.online == 9


async def test_a_stream_that_is_not_read_has_a_bound(server: FakeServer, client: RoomClient) -> None:
    """Its reader gets what fitted, and is told; the client goes on."""
    peer = await server.enter(client)
    slow, other = client.events(limit=2), client.events()
    await peer.send(*(message(seq) for seq in (1, 2, 3)))
    assert [(await anext(other))["seq"] for _ in range(3)] == [1, 2, 3]
    assert [(await anext(slow))["seq"] for _ in range(2)] == [1, 2]
    with pytest.raises(StreamOverrun, match="More than 2 frames waited"):
        await anext(slow)
    assert client.online


async def test_a_stream_that_nobody_holds_is_dropped(server: FakeServer, client: RoomClient) -> None:
    """A reader who broke off costs nothing more."""
    await server.enter(client)
    stream = client.events()
    assert len(client._events) == 1
    del stream
    assert len(client._events) == 0


async def test_a_hook_sees_every_frame(server: FakeServer, make_client: MakeClient) -> None:
    """After it went into the state; with what it was."""
    seen: list[tuple[str, Step, int]] = []

    def see(frame: dict[str, Any], step: Step) -> None:
        seen.append((frame["msg_type"], step, client.state.seq))

    client: RoomClient = make_client(on_frame=see)
    peer = await server.enter(client)
    await peer.send(message(1), message(1))
    await until(lambda: len(seen) == 3)
    assert seen == [("init", Step.INIT, 0), ("message", Step.EVENT, 1), ("message", Step.REPEATED, 1)]
    assert client.stats.repeated == 1


async def test_a_hook_that_raises_ends_the_client(
    server: FakeServer, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    """And is told, not lost in a callback."""

    def fail(frame: dict[str, Any], step: Step) -> None:
        if step is Step.EVENT:
            raise RuntimeError("my own mistake")

    client = make_client(on_frame=fail)
    peer = await server.enter(client)
    asking = asyncio.create_task(client.comment("Hello"))
    await peer.recv()
    await peer.send(message(1))
    with pytest.raises(RoomClosed, match="my own mistake"):
        await asking
    assert "The client failed." in caplog.text


@pytest.mark.parametrize("text", ["no json", "[]", '"text"', "{}", "7"])
async def test_what_is_no_frame_is_ignored(server: FakeServer, client: RoomClient, text: str) -> None:
    """The next one counts."""
    peer = await server.enter(client)
    events = client.events()
    await peer.socket.send(text)
    await peer.socket.send(b"binary")
    await peer.send(message(1))
    assert (await anext(events))["seq"] == 1


async def test_a_message_in_pieces(server: FakeServer, client: RoomClient) -> None:
    """Fragments are put together."""
    peer = await server.enter(client)
    events = client.events()
    await peer.socket.send(['{"msg_type": "notice", ', '"ts": 1, "seq": 1,', ' "text": "Hi"}'])
    assert (await anext(events))["text"] == "Hi"


async def test_nobody_there(server: FakeServer, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tries until its time is over, and says what happened last."""
    url, server.url = server.url, "http://127.0.0.1:9"
    client = make_client(connect_timeout=0.3)
    with pytest.raises(RoomTimeout, match=r"did not let us in within 0.3 s: .*(refused|Connect)"):
        await client.open()
    assert client.stats.failures > 1
    server.url = url


async def test_a_server_that_says_nothing(server: FakeServer, make_client: MakeClient) -> None:
    """A socket without a picture is none."""
    client = make_client(connect_timeout=0.2)
    with pytest.raises(RoomTimeout, match=r"did not let us in within 0\.2 s"):
        await client.open()


async def test_a_picture_in_the_same_breath_as_the_handshake() -> None:
    """The wait for the picture is over with it: the connection is not given up later for silence."""
    async with (
        one_breath(init(heartbeat=50)) as (url, pings),
        RoomClient(url, slug="demo", connect_timeout=0.2) as client,
    ):
        await until(lambda: len(pings) >= 10)
        assert (client.online, client.stats.silences, client.stats.closes) == (True, 0, {})
        assert client.stats.pings.count >= 9


async def test_a_client_comes_in_once(server: FakeServer, client: RoomClient) -> None:
    """A second time is a mistake of its user."""
    await server.enter(client)
    with pytest.raises(RuntimeError, match="comes in once"):
        await client.open()
