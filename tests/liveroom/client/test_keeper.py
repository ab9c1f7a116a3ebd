"""What a client does when its connection is lost, silent, or closed by the server."""

import asyncio
from typing import Any

import pytest

from liveroom.client import RoomClient, RoomClosed
from liveroom.client_parts import keeper
from tests.liveroom.client.conftest import MakeClient
from tests.liveroom.client.fake import Draws, FakeServer, Peer, ack, error, init, me, message, until


async def back(server: FakeServer, **fields: Any) -> Peer:
    """Let a client in that comes back."""
    peer = await server.peer()
    await peer.send(init(**fields))
    return peer


@pytest.mark.parametrize("code", [1000, 1001, 1009, 1011, 3000, 4000, 4444])
async def test_it_comes_back_with_what_it_has(server: FakeServer, client: RoomClient, code: int) -> None:
    """With `since` and `epoch`, after every close that is no end; what was missed comes once, in order."""
    peer = await server.enter(client, seq=3)
    events = client.events()
    await peer.send(message(4))
    assert (await anext(events))["seq"] == 4
    await peer.socket.close(code)
    again = await server.peer()
    assert again.path == "/ws/rooms/demo/?since=4&epoch=e1"
    await again.send(init(4, recovered=True), message(5), message(6))
    assert [(await anext(events))["seq"] for _ in range(2)] == [5, 6]
    assert (client.stats.reconnects, client.stats.breaks, client.stats.closes) == (1, 0, {code: 1})


async def test_a_lost_connection(server: FakeServer, client: RoomClient) -> None:
    """Without any close frame: 1006."""
    peer = await server.enter(client)
    peer.socket.transport.abort()
    await back(server, recovered=True)
    await until(lambda: client.online)
    assert client.stats.closes == {1006: 1}


async def test_a_cut_of_its_own(server: FakeServer, client: RoomClient) -> None:
    """`cut` is a lost connection; nothing that was under way arrives."""
    peer = await server.enter(client)
    client.cut(back_in=0)
    await back(server, recovered=True)
    await until(lambda: client.online)
    assert await peer.closed() == 1006
    assert client.stats.reconnects == 1


@pytest.mark.parametrize("code", [4500, 4503, 4504, 4505, 4999])
async def test_an_end(server: FakeServer, client: RoomClient, code: int) -> None:
    """4500-4999: not again. Commands, streams and `ended` say why."""
    peer = await server.enter(client)
    events = client.events()
    asking = asyncio.create_task(client.comment("Hello"))
    await peer.recv()
    await peer.send(error("banned", close=code, until=99))
    await peer.socket.close(code)
    for waiting in (asking, anext(events), client.follow()):
        with pytest.raises(RoomClosed, match="banned: It is banned") as closed:
            await waiting
        assert (closed.value.close_code, closed.value.frame["until"]) == (code, 99)
    assert client.ended is not None
    assert not client.online


async def test_no_such_room(server: FakeServer, client: RoomClient) -> None:
    """Coming in raises what the server said."""
    coming = asyncio.create_task(client.open())
    peer = await server.peer()
    await peer.send(error("room_not_found", close=4500))
    await peer.socket.close(4500)
    with pytest.raises(RoomClosed, match="room_not_found") as closed:
        await coming
    assert closed.value.close_code == 4500


async def refuse_token(peer: Peer) -> None:
    await peer.send(error("bad_token", close=4501))
    await peer.socket.close(4501)


async def test_a_bad_token(server: FakeServer, make_client: MakeClient) -> None:
    """One that was given as it is cannot be replaced: an end."""
    client = make_client(token="old")
    coming = asyncio.create_task(client.open())
    await refuse_token(await server.peer())
    with pytest.raises(RoomClosed, match="bad_token"):
        await coming


async def test_a_bad_token_is_replaced_once(server: FakeServer, make_client: MakeClient) -> None:
    """By what the function gives then; a second refusal in a row is an end, a later one is not."""
    tokens = iter(["old", "new", "newer", "newest"])
    client = make_client(token=lambda: next(tokens))
    coming = asyncio.create_task(client.open())
    await refuse_token(await server.peer())
    peer = await server.peer()
    assert peer.headers["Authorization"] == "Bearer new"
    await peer.send(init())
    await coming
    await refuse_token(peer)
    peer = await server.peer()
    assert peer.headers["Authorization"] == "Bearer newer"
    await refuse_token(peer)
    await until(lambda: client.ended is not None)
    assert client.ended is not None
    assert client.ended.code == "bad_token"


async def test_a_guest_whose_token_is_refused_is_a_guest_again(server: FakeServer, client: RoomClient) -> None:
    """The token that the server handed over is shown on return, and forgotten when it is bad."""
    peer = await server.enter(client)
    await peer.send(me(token="mine"))
    await until(lambda: client.token == "mine")
    client.cut()
    peer = await server.peer()
    assert peer.headers["Authorization"] == "Bearer mine"
    await refuse_token(peer)
    peer = await server.peer()
    assert "Authorization" not in peer.headers
    assert client.token is None


async def test_commands_wait_and_are_repeated(server: FakeServer, client: RoomClient) -> None:
    """Sent before the loss, or while away: each once on the next socket, the same frame with the same key."""
    peer = await server.enter(client)
    before = asyncio.create_task(client.comment("before"))
    sent = await peer.recv()
    client.cut()
    peer = await server.peer()
    away = asyncio.create_task(client.buy(3))
    liked = await client.like()
    await peer.send(init(recovered=True))
    assert await peer.recv() == sent
    order = await peer.recv()
    assert (order["msg_type"], order["item_id"]) == ("buy", 3)
    await peer.send(ack(sent, id=1, seq=1, shown=True), ack(order, order={"number": "1"}))
    assert ((await before)["id"], (await away)["number"], liked) == (1, "1", False)


async def test_a_second_picture_repeats_no_command(server: FakeServer, client: RoomClient) -> None:
    """On the same socket they are under way already."""
    peer = await server.enter(client)
    asking = asyncio.create_task(client.comment("Hello"))
    sent = await peer.recv()
    await peer.send(init())
    await until(lambda: client.stats.frames_in == 2)
    await client.like(7)
    assert (await peer.recv())["msg_type"] == "like"
    await peer.send(ack(sent, id=1, seq=1, shown=True))
    await asking


async def test_many_commands_are_repeated_in_slices(server: FakeServer, client: RoomClient) -> None:
    """20 a second: the server takes 30 frames."""
    peer = await server.enter(client)
    asking = [asyncio.create_task(client.comment(str(number))) for number in range(25)]
    await until(lambda: client.stats.frames_out == 26)
    client.cut()
    peer = await back(server, recovered=True)
    loop = asyncio.get_running_loop()
    came = loop.time()
    texts = [(await peer.recv())["content"] for _ in range(20)]
    rest = [(await peer.recv())["content"] for _ in range(5)]
    assert texts + rest == [str(number) for number in range(25)]
    assert loop.time() - came > 0.9
    for each in asking:
        each.cancel()


async def test_a_gap_is_asked_for(server: FakeServer, client: RoomClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it is not handed on before; one `sync` at a time."""
    monkeypatch.setattr(keeper, "SYNC_EVERY", 0.05)
    peer = await server.enter(client, seq=1)
    events = client.events()
    await peer.send(message(3), message(4))
    assert await peer.recv() == {"msg_type": "sync", "since": 1, "epoch": "e1"}
    # It was lost once more.
    await peer.send(message(5))
    assert await peer.recv() == {"msg_type": "sync", "since": 1, "epoch": "e1"}
    await peer.send(*(message(seq) for seq in (2, 3, 4, 5)))
    assert [(await anext(events))["seq"] for _ in range(4)] == [2, 3, 4, 5]
    assert (client.stats.gaps, client.stats.repeated, client.state.behind) == (1, 0, False)


async def test_a_pong_that_is_ahead(server: FakeServer, client: RoomClient) -> None:
    """The last event was lost, and no later one shows it: the heartbeat does."""
    peer = await server.enter(client, seq=1)
    assert await peer.ping() == {"msg_type": "ping", "seq": 1}
    await peer.send({"msg_type": "pong", "ts": 1, "seq": 2})
    assert await peer.recv() == {"msg_type": "sync", "since": 1, "epoch": "e1"}
    await peer.send(message(2))
    await until(lambda: client.state.seq == 2)
    assert (client.stats.gaps, client.stats.pings.count) == (1, 1)


@pytest.mark.parametrize("again", [{"retry_after": 0.01}, {}])
async def test_a_sync_that_is_refused_is_sent_again(
    server: FakeServer, client: RoomClient, monkeypatch: pytest.MonkeyPatch, again: dict[str, Any]
) -> None:
    """When the server says, and not sooner than it takes one; no event and no pong has to come first."""
    monkeypatch.setattr(keeper, "SYNC_EVERY", 0.05)
    peer = await server.enter(client, seq=1)
    await peer.send(message(3))
    asked = await peer.recv()
    await peer.send(error("rate_limited", to="sync", retry=True, **again))
    assert await peer.recv() == asked
    await peer.send(message(2), message(3))
    await until(lambda: client.state.seq == 3)


async def test_a_sync_that_is_refused_waits_as_long_as_it_is_told(server: FakeServer, client: RoomClient) -> None:
    """`retry_after` is the least."""
    peer = await server.enter(client, seq=1)
    loop = asyncio.get_running_loop()
    await peer.send(message(3))
    await peer.recv()
    refused = loop.time()
    await peer.send(error("unavailable", to="sync", retry=True, retry_after=2.5))
    await peer.recv()
    assert loop.time() - refused >= 2.5


async def test_a_sync_that_cannot_succeed_is_not_repeated(
    server: FakeServer, client: RoomClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten bad frames would end the socket."""
    monkeypatch.setattr(keeper, "SYNC_EVERY", 0.05)
    peer = await server.enter(client, seq=1)
    await peer.send(message(3))
    await peer.recv()
    await peer.send(error("bad_message", to="sync"))
    await until(lambda: client.stats.errors == {"bad_message": 1})
    slot = asyncio.create_task(client.sync())
    assert "ref" in await peer.recv()
    slot.cancel()


async def test_two_syncs_keep_their_distance(
    server: FakeServer, client: RoomClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server would refuse the second."""
    monkeypatch.setattr(keeper, "SYNC_EVERY", 0.2)
    peer = await server.enter(client)
    loop = asyncio.get_running_loop()
    began = loop.time()
    asking = [asyncio.create_task(client.sync()) for _ in range(3)]
    for _ in asking:
        await peer.send(ack(await peer.recv(), seq=0))
    await asyncio.gather(*asking)
    assert loop.time() - began >= 0.4


async def test_more_was_missed_than_is_replayed(server: FakeServer, client: RoomClient) -> None:
    """The picture comes in place of the events, and what follows it after that."""
    peer = await server.enter(client, seq=1)
    events = client.events()
    await peer.socket.close(4000)
    whole = init(900, recovered=False)
    peer = await server.peer()
    await peer.send(whole, message(901))
    assert [await anext(events), (await anext(events))["seq"]] == [whole, 901]
    assert (client.stats.breaks, client.stats.skipped) == (1, 899)


async def test_another_log(server: FakeServer, client: RoomClient) -> None:
    """After a restore the numbers begin anew: the picture says so."""
    peer = await server.enter(client, seq=50)
    events = client.events()
    await peer.socket.close(4000)
    other = init(2, epoch="e2", recovered=False)
    peer = await server.peer()
    await peer.send(other, message(3))
    assert [await anext(events), (await anext(events))["seq"]] == [other, 3]
    assert (client.stats.breaks, client.stats.skipped) == (1, 0)


async def test_a_log_that_is_shorter(server: FakeServer, client: RoomClient) -> None:
    """The same log, set back: the picture says that what was ours is not there, and its next events are new ones."""
    peer = await server.enter(client, seq=9)
    events = client.events()
    await peer.send(message(10))
    assert (await anext(events))["seq"] == 10
    await peer.socket.close(4000)
    peer = await server.peer()
    assert peer.path.endswith("?since=10&epoch=e1")
    shorter = init(5, recovered=False)
    await peer.send(shorter, *(message(seq) for seq in range(6, 13)))
    assert await anext(events) == shorter
    assert [(await anext(events))["seq"] for _ in range(7)] == [6, 7, 8, 9, 10, 11, 12]
    assert (client.stats.breaks, client.stats.skipped) == (1, 0)


async def test_what_a_pong_told_of_a_longer_log_is_forgotten(
    server: FakeServer, client: RoomClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set back on the same socket, the log has no such event any more: nobody asks for it."""
    monkeypatch.setattr(keeper, "SYNC_EVERY", 0.01)
    peer = await server.enter(client, seq=9)
    await peer.send({"msg_type": "pong", "ts": 1, "seq": 10})
    assert (await peer.recv())["msg_type"] == "sync"
    await peer.send(init(5, recovered=False), {"msg_type": "pong", "ts": 1, "seq": 5})
    await until(lambda: client.stats.frames_in == 4)
    slot = asyncio.create_task(client.sync())
    assert "ref" in await peer.recv()
    slot.cancel()


async def test_an_older_picture_gives_nothing_twice(server: FakeServer, client: RoomClient) -> None:
    """In a busy room it may be a little older: the events after it are known."""
    peer = await server.enter(client, seq=1)
    events = client.events()
    await peer.send(message(2), message(3), init(2), message(3), message(4))
    assert [(await anext(events))["seq"] for _ in range(3)] == [2, 3, 4]
    assert client.stats.breaks == 0


async def test_silence(server: FakeServer, client: RoomClient) -> None:
    """Two beats without a sign of life, and it comes back by another connection."""
    peer = await server.enter(client, heartbeat=30)
    peers = [await peer.ping(), await peer.ping()]
    assert len(peers) == 2
    assert await peer.closed() == 1006
    await back(server, recovered=True)
    await until(lambda: client.online)
    assert client.stats.silences == 1


async def test_any_frame_is_a_sign_of_life(server: FakeServer, client: RoomClient) -> None:
    """Pongs need not come while events do."""
    peer = await server.enter(client, heartbeat=30)
    for seq in range(1, 9):
        await peer.ping()
        await peer.send(message(seq))
    assert (client.online, client.stats.silences) == (True, 0)


async def test_the_pauses(server: FakeServer, make_client: MakeClient) -> None:
    """Full jitter: from nothing to 1, 2, 4 … 30 s."""
    draws = Draws()
    client = make_client(rng=draws)
    peer = await server.enter(client)
    for _ in range(8):
        await peer.socket.close(4000)
        peer = await server.peer()
    assert draws.most == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_after_some_time_in_the_room_the_pauses_are_short_again(
    server: FakeServer, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss after 30 s in the room is the first one."""
    monkeypatch.setattr(keeper, "STEADY_AFTER", 0.0)
    draws = Draws()
    client = make_client(rng=draws)
    peer = await server.enter(client)
    for reconnects in range(1, 4):
        await peer.socket.close(4000)
        peer = await back(server, recovered=True)
        await until(lambda reconnects=reconnects: client.stats.reconnects == reconnects)
    assert draws.most == [1, 1, 1]


async def test_the_server_says_when(server: FakeServer, make_client: MakeClient) -> None:
    """`retry_after` is the least, and all do not come at that moment."""
    draws = Draws()
    client = make_client(rng=draws)
    peer = await server.enter(client)
    loop = asyncio.get_running_loop()
    closed = loop.time()
    await peer.send(error("restarting", close=4000, retry_after=0.3))
    await peer.socket.close(4000)
    await server.peer()
    assert loop.time() - closed >= 0.3
    assert draws.most == [1]


async def test_close_while_away(server: FakeServer, client: RoomClient) -> None:
    """A client that waits for its next try ends at once."""
    await server.enter(client)
    client.cut(back_in=3600)
    await until(lambda: not client.online)
    await client.close()
    assert client.ended is not None


async def test_an_end_that_is_cancelled_is_cancelled(server: FakeServer, client: RoomClient) -> None:
    """Whoever closes within a time limit gets his cancellation; the socket goes all the same."""
    peer = await server.enter(client)
    events = client.events()
    closing = asyncio.create_task(client.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert await peer.closed() is not None
    with pytest.raises(StopAsyncIteration):
        await anext(events)


async def test_an_end_that_is_cancelled_while_away(server: FakeServer, client: RoomClient) -> None:
    """No less than one that has a socket to wait for."""
    await server.enter(client)
    client.cut(back_in=3600)
    await until(lambda: client.stats.closes)
    closing = asyncio.create_task(client.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert client.ended is not None


async def test_coming_back_at_once(server: FakeServer, client: RoomClient) -> None:
    """A stay away of one's own is cut short, even in the moment in which it begins."""
    await server.enter(client)
    client.cut(back_in=3600)
    client.come_back()
    await back(server, recovered=True)
    await until(lambda: client.online)
    client.cut(back_in=3600)
    await until(lambda: client.stats.closes == {1006: 2})
    client.come_back()
    await back(server, recovered=True)
    await until(lambda: client.stats.reconnects == 2)


async def test_coming_back_shortens_no_other_pause(server: FakeServer, client: RoomClient) -> None:
    """In the room it does nothing; nor does it hurry to a server that asked for patience."""
    peer = await server.enter(client)
    client.come_back()
    await peer.send(error("restarting", close=4000, retry_after=0.3))
    await peer.socket.close(4000)
    await until(lambda: client.stats.closes)
    loop = asyncio.get_running_loop()
    closed = loop.time()
    client.come_back()
    await server.peer()
    assert loop.time() - closed >= 0.25
