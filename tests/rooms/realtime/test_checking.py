"""The checks that ask elsewhere, asked in the background: with a WeChat that is slow, gone, or of whatever opinion."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from rooms.models import Comment, Review, from_ms, now_ms
from rooms.realtime import checking, runtime
from rooms.services import reviews
from rooms.services.words import words_add
from rooms.transaction import RoomTransaction
from tests import factories
from tests.clients import settle, stored, sweep, until
from tests.parts import LI, without_ts
from tests.wechat import CHECK, error

CHECKED = "msg_sec_check"


@pytest.fixture
async def li(transactional_db, fake_wechat, settings):
    """A user who was in the mini-program; limits are out of the way."""
    settings.LIVEROOM_RATE = settings.LIVEROOM_REPEAT = settings.LIVEROOM_ROOM_BUDGET = 0
    fake_wechat.user("openid-li")
    return await stored(factories.make_user, "李雷", public_id=LI["id"], avatar=LI["avatar"], openid="openid-li")


@pytest.fixture
def before(settings):
    """Comments wait until they have passed."""
    settings.LIVEROOM_MSG_CHECK = "before"


@pytest.fixture
def after(settings):
    """Comments are shown at once."""
    settings.LIVEROOM_MSG_CHECK = "after"


def kept(comment_id):
    """The state of a comment, and what is kept of its review."""
    comment = Comment.objects.get(pk=comment_id)
    review = Review.objects.filter(comment=comment).first()
    return comment.state, review and (review.state, review.check_name, review.detail)


def expire():
    """Let every claim be over, as if the process that has it had been killed some time ago."""
    Review.objects.update(claimed_until=from_ms(now_ms()) - timedelta(seconds=1))


async def say(socket, content):
    """Say something; returns its id, and the other frames that came of it."""
    await socket.send("message", content=content)
    frames = [frame for frame in await socket.rest() if frame["msg_type"] != "online"]
    (ack,) = [frame for frame in frames if frame["msg_type"] == "ack"]
    frames.remove(ack)
    return ack["id"], frames


async def waits(socket, content):
    """Say something that waits, while WeChat has not answered yet; returns its id."""
    await socket.send("message", content=content)
    held = await socket.recv()
    assert "seq" not in held
    assert (await socket.recv())["held"] == "review"
    return held["id"]


# --- before


async def test_before_what_passes_is_shown(room, li, other, enter, before, witness):
    """Its sender has it at once, without a number; all have it when it has passed."""
    own, han = await enter(user=li), await enter(user=other)
    await own.rest()
    comment_id, frames = await say(own, "你好")
    shown = {"msg_type": "message", "id": comment_id, "user": LI, "content": "你好"}
    assert [without_ts(frame) for frame in frames] == [shown, {**shown, "seq": 1}]
    assert [without_ts(frame) for frame in await han.rest()] == [{**shown, "seq": 1}]
    assert await stored(kept, comment_id) == ("shown", None)
    await witness.proves_the_law()


async def test_before_what_is_risky_is_never_seen(room, li, other, enter, before, witness):
    """Its sender is told; the staff reads why."""
    own, han = await enter(user=li), await enter(user=other)
    await own.rest()
    comment_id, frames = await say(own, "违规")
    assert [frame["msg_type"] for frame in frames] == ["message", "reject"]
    assert frames[-1]["comment_id"] == comment_id
    await han.nothing()
    assert await stored(kept, comment_id) == ("refused", ("refused", CHECKED, "20001"))
    assert await witness.proves_the_law() == []


async def test_before_what_is_to_be_reviewed_waits(room, li, enter, before):
    """For a human, who finds what WeChat said."""
    own = await enter(user=li)
    comment_id, frames = await say(own, "可疑")
    assert [frame["msg_type"] for frame in frames] == ["message"]
    assert await stored(kept, comment_id) == ("review", ("open", CHECKED, "20003"))


# --- after


async def test_after_what_passes_stays(room, li, enter, after):
    """Nothing is kept of it."""
    own = await enter(user=li)
    comment_id, frames = await say(own, "你好")
    assert [frame.get("seq") for frame in frames] == [1]
    assert (await stored(kept, comment_id))[1][0] == "checking"
    await sweep()
    assert await stored(kept, comment_id) == ("shown", None)
    await own.nothing()


async def test_after_what_is_risky_is_taken_down(room, li, other, enter, after, witness):
    """From all screens."""
    own, han = await enter(user=li), await enter(user=other)
    await own.rest()
    comment_id, frames = await say(own, "违规")
    assert [frame["msg_type"] for frame in frames] == ["message", "remove"]
    assert [frame["msg_type"] for frame in await han.rest()] == ["message", "remove"]
    assert await stored(kept, comment_id) == ("removed", ("refused", CHECKED, "20001"))
    await witness.proves_the_law()


async def test_after_what_is_to_be_reviewed_stays_meanwhile(room, li, enter, after):
    """A human is asked."""
    own = await enter(user=li)
    comment_id, frames = await say(own, "可疑")
    assert [frame["msg_type"] for frame in frames] == ["message"]
    assert await stored(kept, comment_id) == ("shown", ("open", CHECKED, "20003"))


# --- no answer


@pytest.mark.parametrize("policy", ["open", "closed"])
@pytest.mark.parametrize("mode", ["before", "after"])
async def test_wechat_is_gone(room, li, enter, settings, fake_wechat, mode, policy):
    """Open: it passes. Closed: a human decides; what is shown stays until then."""
    settings.LIVEROOM_MSG_CHECK, settings.LIVEROOM_MSG_CHECK_FAIL = mode, policy
    own = await enter(user=li)
    fake_wechat.down()
    comment_id, frames = await say(own, "违规")
    await sweep()
    shown = mode == "after" or policy == "open"
    assert [frame["seq"] for frame in frames if "seq" in frame] == ([1] if shown else [])
    state, review = await stored(kept, comment_id)
    assert state == ("shown" if shown else "review")
    if policy == "open":
        assert review is None
    else:
        assert review[:2] == ("open", CHECKED)
        assert review[2].startswith("no connection")


@pytest.mark.parametrize("errcode", [61010, 40003, 45009])
async def test_wechat_refuses_to_say(room, li, enter, before, settings, fake_wechat, errcode):
    """That is no answer either."""
    settings.LIVEROOM_MSG_CHECK_FAIL = "closed"
    fake_wechat.answer(CHECK, error(errcode))
    own = await enter(user=li)
    comment_id, _frames = await say(own, "你好")
    assert await stored(kept, comment_id) == ("review", ("open", CHECKED, f"error {errcode}"))
    fake_wechat.answer(CHECK, None)
    comment_id, _frames = await say(own, "好")
    assert await stored(kept, comment_id) == ("shown", None)


async def test_wechat_is_slow(room, li, enter, before, settings, fake_wechat):
    """It is asked twice, for as long as its client waits."""
    settings.LIVEROOM_WECHAT_TIMEOUT = 0.2
    settings.LIVEROOM_MSG_CHECK_FAIL = "closed"
    fake_wechat.hang(CHECK)
    own = await enter(user=li)
    comment_id, _frames = await say(own, "你好")
    assert len(fake_wechat.requests_of(CHECK)) == 2
    state, review = await stored(kept, comment_id)
    assert (state, review[:2]) == ("review", ("open", CHECKED))


@pytest.mark.parametrize(("policy", "state"), [("open", "shown"), ("closed", "review")])
async def test_whom_wechat_does_not_know(room, viewer, enter, before, settings, fake_wechat, policy, state):
    """An issued user has no openid: open lets him speak, closed has a human read it."""
    settings.LIVEROOM_MSG_CHECK_FAIL = policy
    own = await enter(user=viewer)
    comment_id, _frames = await say(own, "违规")
    assert (await stored(kept, comment_id))[0] == state
    assert fake_wechat.requests == []


async def test_too_many_wait(room, li, enter, before, settings, fake_wechat, monkeypatch):
    """What is beyond the bound has no answer."""
    settings.LIVEROOM_MSG_CHECK_FAIL = "closed"
    monkeypatch.setattr(checking, "QUEUE", 0)
    own = await enter(user=li)
    comment_id, _frames = await say(own, "你好")
    assert await stored(kept, comment_id) == ("review", ("open", "", "too many wait"))
    assert fake_wechat.requests == []


async def test_who_waited_too_long(room, li, enter, before, settings, fake_wechat, monkeypatch):
    """Has no answer: nobody waits for ever for his turn."""
    settings.LIVEROOM_MSG_CHECK_FAIL = "closed"
    monkeypatch.setattr(checking, "WAIT", -1)
    own = await enter(user=li)
    comment_id, _frames = await say(own, "你好")
    assert await stored(kept, comment_id) == ("review", ("open", "", "waited too long"))
    assert fake_wechat.requests == []


async def test_who_has_to_wait_for_the_rate_holds_up_nobody(room, li, enter, before, settings, monkeypatch):
    """The loop goes on meanwhile: until it has, there is no place within the rate."""

    class Share:
        places = 0

        def free(self):
            self.places = 1

        def take(self):
            asyncio.get_running_loop().call_soon(self.free)
            return 0.0 if self.places else None

    settings.LIVEROOM_MSG_CHECK_FAIL = "closed"
    monkeypatch.setattr(checking, "WAIT", 1.0)
    monkeypatch.setattr("rooms.checks.wechat.share", Share())
    own = await enter(user=li)
    comment_id, frames = await say(own, "你好")
    assert [frame.get("seq") for frame in frames] == [None, 1]
    assert await stored(kept, comment_id) == ("shown", None)


async def test_only_so_many_calls_at_once(room, li, enter, before, fake_wechat, monkeypatch):
    """The others wait, and have their turn."""
    monkeypatch.setattr(checking, "CALLS", 2)
    fake_wechat.hang(CHECK)
    own = await enter(user=li)
    for number in range(6):
        await own.send("message", content=f"{number}")
    await asyncio.to_thread(fake_wechat.wait_for, CHECK, 2)
    await until(lambda: len(runtime.current().checks._queue) == 4)
    assert len(fake_wechat.requests_of(CHECK)) == 2
    fake_wechat.release(CHECK)
    shown = [frame for frame in await own.rest() if frame["msg_type"] == "message" and "seq" in frame]
    assert sorted(frame["content"] for frame in shown) == ["0", "1", "2", "3", "4", "5"]


# --- whose


async def test_the_staff_is_shown_at_once(room, host, enter, before, settings, fake_wechat):
    """And checked then; nobody holds up who has no openid here."""
    settings.LIVEROOM_MSG_CHECK_FAIL = "closed"
    own = await enter(user=host)
    comment_id, frames = await say(own, "违规")
    await sweep()
    assert [frame["seq"] for frame in frames] == [1]
    assert await stored(kept, comment_id) == ("shown", None)
    await stored(lambda: type(host).objects.filter(pk=host.pk).update(openid="openid-host"))
    fake_wechat.user("openid-host")
    again = await enter(user=host)
    comment_id, frames = await say(again, "risky")
    assert [frame["msg_type"] for frame in frames] == ["message", "remove"]


async def test_what_a_word_holds_is_a_humans(room, li, enter, before, fake_wechat):
    """WeChat is not asked about it."""
    await stored(words_add, ["好"], action="hold")
    own = await enter(user=li)
    comment_id, _frames = await say(own, "你好")
    assert await stored(kept, comment_id) == ("review", ("open", "blocked_words", "好"))
    assert fake_wechat.requests == []


@pytest.mark.parametrize("decision", [reviews.comment_pass, reviews.comment_refuse])
async def test_a_human_is_quicker(room, li, enter, before, fake_wechat, decision):
    """His decision stays, whatever WeChat says then."""
    fake_wechat.hang(CHECK)
    own = await enter(user=li)
    comment_id = await waits(own, "违规" if decision is reviews.comment_pass else "你好")

    def decide():
        with RoomTransaction(room.pk) as tx:
            return decision(tx, room_id=room.pk, comment_id=comment_id)

    assert await stored(decide) is True
    told = await own.recv()
    assert told["msg_type"] == ("message" if decision is reviews.comment_pass else "reject")
    fake_wechat.release(CHECK)
    await own.nothing()
    assert (await stored(kept, comment_id))[0] == ("shown" if decision is reviews.comment_pass else "refused")


# --- the end of a process


async def test_what_a_killed_process_asked_about_is_asked_again(room, li, enter, before, fake_wechat):
    """By whoever finds it first, when its claim is over; not before."""
    (comment_id,) = await stored(factories.make_comments, room, li, "你好")
    own = await enter(user=li)
    await sweep()
    await own.nothing()
    await stored(expire)
    await sweep()
    assert [(frame["id"], frame["seq"]) for frame in await own.rest()] == [(comment_id, 1)]
    await stored(expire)
    await sweep()
    await own.nothing()


@pytest.mark.parametrize(("policy", "state"), [("open", "shown"), ("closed", "review")])
async def test_not_for_ever(room, li, enter, before, settings, fake_wechat, policy, state):
    """What was claimed too often without a decision has no answer."""
    settings.LIVEROOM_MSG_CHECK_FAIL = policy
    (comment_id,) = await stored(factories.make_comments, room, li, "你好")
    await stored(lambda: Review.objects.update(tries=checking.TRIES))
    await stored(expire)
    own = await enter(user=li)
    await sweep()
    await settle([own])
    assert (await stored(kept, comment_id))[0] == state
    assert fake_wechat.requests == []


async def test_a_process_that_ends_hands_it_on(room, li, enter, before, fake_wechat):
    """It waits for no answer; what is undecided is free for the others at once."""
    fake_wechat.hang(CHECK)
    own = await enter(user=li)
    first = await waits(own, "你好")
    await asyncio.to_thread(fake_wechat.wait_for, CHECK)
    given_up = await runtime.current().stop()
    assert given_up.commands == 0
    assert (await stored(kept, first))[1][0] == "checking"
    fake_wechat.release(CHECK)
    await sweep()
    await settle()
    assert await stored(kept, first) == ("shown", None)


async def test_two_claim_at_once(room, li, before):
    """Each comment is claimed by one of them."""
    ids = await stored(factories.make_comments, room, li, *"abcdef")
    await stored(expire)

    def claim(_):
        try:
            return [comment.pk for comment in reviews.reviews_claim(limit=4)]
        finally:
            connections.close_all()

    def both():
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(claim, range(2)))

    one, two = await stored(both)
    rest = await stored(claim, None)
    assert sorted([*one, *two, *rest]) == ids


async def test_it_is_switched_off_meanwhile(room, li, enter, before, settings):
    """What waits is a human's then; what is shown stays."""
    (waiting,) = await stored(factories.make_comments, room, li, "waits")
    settings.LIVEROOM_MSG_CHECK = "after"
    (shown,) = await stored(factories.make_comments, room, li, "shown")
    settings.LIVEROOM_MSG_CHECK = "off"
    await stored(expire)
    await enter(user=li)
    await sweep()
    assert await stored(kept, waiting) == ("review", ("open", "", "off"))
    assert await stored(kept, shown) == ("shown", None)


async def test_many_are_switched_off_and_some_a_moment_later(room, li, enter, before, settings, monkeypatch):
    """Each look takes some; those that another process has claimed until it was killed are a human's after that."""
    monkeypatch.setattr(reviews, "LOCKED_AT_ONCE", 2)
    monkeypatch.setattr(checking, "UNASK_EVERY", 0)
    ids = await stored(factories.make_comments, room, li, *"abcd")
    late = ids.pop()
    settings.LIVEROOM_MSG_CHECK = "off"
    await stored(expire)
    soon = from_ms(now_ms()) + timedelta(seconds=30)
    await stored(lambda: Review.objects.filter(comment=late).update(claimed_until=soon))
    await enter(user=li)
    for _ in range(3):
        await sweep()
    undecided = Review.objects.filter(state=Review.State.CHECKING).values_list("comment", flat=True)
    assert await stored(list, undecided) == [late]
    await stored(expire)
    await sweep()
    assert await stored(kept, late) == ("review", ("open", "", "off"))
