"""Nicknames and notices that are checked elsewhere, in the request that brings them."""

import sys
from types import ModuleType

import pytest
from django.test import Client

from accounts.models import User
from accounts.wechat import client
from rooms.checks import Hold, Refuse, pipeline
from rooms.models import Room
from rooms.services.words import words_add
from tests import factories
from tests.admin_pages import Page, signed_in
from tests.api import JSON, as_user, ok
from tests.clients import stored
from tests.parts import error
from tests.rooms.test_api_moderation import refusal
from tests.wechat import CHECK
from tests.wechat import error as wechat_error

CHANGE = "admin:rooms_room_change"
ADD = "admin:rooms_room_add"


@pytest.fixture(params=["before", "after"])
async def li(request, transactional_db, fake_wechat, settings):
    """A user who was in the mini-program, while texts are checked."""
    settings.LIVEROOM_MSG_CHECK = request.param
    fake_wechat.user("openid-li")
    return await stored(factories.make_user, "李雷", openid="openid-li")


def rename(user, nickname):
    return as_user(user).patch("/api/auth/me", {"nickname": nickname}, JSON)


def put_up(user, text):
    return as_user(user).post("/api/rooms/demo/notice/", {"text": text}, JSON)


# --- nicknames


@pytest.mark.parametrize(("nickname", "status"), [("韩梅梅", 200), ("违规", 422), ("可疑", 422)])
async def test_a_nickname_over_http(li, fake_wechat, nickname, status):
    """Risky or to be reviewed: refused; a name does not wait."""
    response = await stored(rename, li, nickname)
    assert response.status_code == status
    await stored(li.refresh_from_db)
    assert li.nickname == (nickname if status == 200 else "李雷")
    (request,) = fake_wechat.requests_of(CHECK)
    assert (request.body["scene"], request.body["content"]) == (1, nickname)
    if status != 200:
        assert refusal(response, 422) == {
            "code": "content_rejected",
            "detail": "nickname cannot be shown here.",
            "retry": False,
            "field": "nickname",
        }
    assert client._clients == {}


@pytest.mark.parametrize(("policy", "status"), [("open", 200), ("closed", 503)])
async def test_a_nickname_while_wechat_is_gone(li, fake_wechat, settings, policy, status):
    """Open takes it; closed has him try again."""
    settings.LIVEROOM_MSG_CHECK_FAIL = policy
    fake_wechat.down()
    response = await stored(rename, li, "韩梅梅")
    assert response.status_code == status
    if status == 503:
        assert refusal(response, 503)["retry"] is True


@pytest.mark.parametrize(("policy", "status"), [("open", 200), ("closed", 422)])
async def test_a_nickname_of_one_whom_wechat_does_not_know(li, viewer, settings, policy, status):
    """Closed takes no name that nobody can look at."""
    settings.LIVEROOM_MSG_CHECK_FAIL = policy
    assert (await stored(rename, viewer, "韩梅梅")).status_code == status


async def test_one_user_asks_only_so_often(li, other, fake_wechat, settings):
    """Else he could use up what WeChat allows, and nobody's comment would be looked at. His own name costs nothing."""
    settings.LIVEROOM_NICKNAME_RATE = 2
    answers = [await stored(rename, li, nickname) for nickname in ("a", "违规", " a ", "b")]
    assert [response.status_code for response in answers] == [200, 422, 200, 429]
    assert len(fake_wechat.requests_of(CHECK)) == 2
    assert (await stored(rename, other, "b")).status_code == 200


async def test_a_guest_over_http(li, fake_wechat, settings):
    """He has no openid; a name that is made up is not looked at."""
    settings.LIVEROOM_GUESTS, settings.LIVEROOM_MSG_CHECK_FAIL = "talk", "closed"

    def make(**body):
        return Client().post("/api/auth/guest", body, JSON).status_code

    assert await stored(make) == 200
    assert await stored(make, nickname="Ann") == 422
    assert fake_wechat.requests == []


@pytest.fixture
def strict(settings, monkeypatch):
    """A check of one's own, which asks elsewhere: it refuses `bad`, holds `odd`, and takes note of what it is asked."""
    asked = []

    async def check(subject):
        asked.append((str(subject.kind), subject.text))
        return Refuse() if "bad" in subject.folded else Hold() if "odd" in subject.folded else None

    module = ModuleType("strict_checks")
    vars(module)["check"] = check
    monkeypatch.setitem(sys.modules, "strict_checks", module)
    settings.LIVEROOM_CHECKS = ["strict_checks.check"]
    settings.LIVEROOM_MSG_CHECK = "before"
    pipeline._load.cache_clear()
    yield asked
    pipeline._load.cache_clear()


async def test_a_guests_nickname_over_the_socket(room, connect, settings, strict):
    """By `join` and by `login`; no handshake asks anybody."""
    settings.LIVEROOM_GUESTS, settings.LIVEROOM_FRAME_RATE = "talk", 0
    guest = await connect()
    await guest.init()
    assert strict == []
    for nickname in ("Bad", "odd"):
        await guest.send("join", nickname=nickname, ref=1)
        refused = error("content_rejected", "nickname cannot be shown here.", to="join", ref=1, field="nickname")
        await guest.expect(**refused)
    await guest.send("join", nickname="Ann", ref=2)
    assert (await guest.recv())["user"]["nickname"] == "Ann"
    await guest.expect("ack", to="join", ref=2)
    assert strict == [("nickname", "Bad"), ("nickname", "odd"), ("nickname", "Ann")]


async def test_a_guests_nickname_at_his_login(room, enter, settings, strict):
    """What is refused leaves him who he was."""
    settings.LIVEROOM_GUESTS = "talk"
    user = await stored(factories.make_user, "Ann", is_guest=True)
    socket = await enter(user=user)
    token = factories.token_of(user)
    await socket.send("login", token=token, nickname="bad")
    await socket.expect(**error("content_rejected", "nickname cannot be shown here.", to="login", field="nickname"))
    await socket.send("login", token=token, nickname="Bob")
    frames = await socket.rest()
    assert [frame["user"]["nickname"] for frame in frames if frame["msg_type"] == "init"] == ["Bob"]
    assert strict == [("nickname", "bad"), ("nickname", "Bob")]


# --- notices


@pytest.mark.parametrize(("text", "status"), [("今晚八点", 200), ("违规", 422), ("可疑", 422), ("", 200)])
async def test_a_notice_over_http(li, fake_wechat, host, text, status):
    """By the host, when WeChat knows him; the one that is up is not asked about again."""
    await stored(factories.make_room, host=li)
    response = await stored(put_up, li, text)
    assert response.status_code == status
    assert len(fake_wechat.requests_of(CHECK)) == (1 if text else 0)
    if status == 200 and text:
        ok(await stored(put_up, li, text))
        assert len(fake_wechat.requests_of(CHECK)) == 1
    room = await stored(Room.objects.get)
    assert room.notice == (text if status == 200 else "")


@pytest.mark.parametrize(("policy", "status"), [("open", 200), ("closed", 503)])
async def test_a_notice_while_wechat_refuses_to_say(li, fake_wechat, settings, policy, status):
    """Closed has him try again."""
    settings.LIVEROOM_MSG_CHECK_FAIL = policy
    fake_wechat.answer(CHECK, wechat_error(45009))
    await stored(factories.make_room, host=li)
    assert (await stored(put_up, li, "今晚八点")).status_code == status


async def test_a_notice_of_one_whom_wechat_does_not_know(room, li, host, settings):
    """He has the say here."""
    settings.LIVEROOM_MSG_CHECK_FAIL = "closed"
    assert (await stored(put_up, host, "今晚八点")).status_code == 200


async def test_a_notice_in_the_admin(room, li, fake_wechat, settings):
    """It is refused at its field before anything is locked, and what was typed stays; nothing else asks."""

    def use():
        User.objects.filter(pk=li.pk).update(is_staff=True, is_superuser=True)
        browser = signed_in(User.objects.get(pk=li.pk))
        page = Page(browser, CHANGE, room.pk)
        assert page.refused({"notice": "违规"}) == ["This text cannot be shown here."]
        assert page.values["notice"] == ["违规"]
        page.save({"notice": "今晚八点"})
        asked = len(fake_wechat.requests_of(CHECK))
        page = Page(browser, CHANGE, room.pk)
        page.save({"title": "Another"})
        assert len(fake_wechat.requests_of(CHECK)) == asked == 2
        settings.LIVEROOM_MSG_CHECK_FAIL = "closed"
        fake_wechat.down()
        assert Page(browser, CHANGE, room.pk).refused({"notice": "明天"}) == [
            "This text cannot be checked just now. Please try again."
        ]
        room.refresh_from_db()
        assert (room.notice, room.title) == ("今晚八点", "Another")

    await stored(use)


def test_words_in_a_notice(room, host, browser):
    """Refused, masked; what would be held is refused. The one that is up stays when a word is blocked."""
    words_add(["refused"], action="refuse")
    words_add(["masked"], action="mask")
    words_add(["held"], action="hold")
    for text in ("so refused", "so held"):
        assert refusal(put_up(host, text), 422)["field"] == "text"
        assert Page(browser, CHANGE, room.pk).refused({"notice": text}) == ["This text cannot be shown here."]
    assert ok(put_up(host, "so masked"))["notice"] == "so ******"
    Page(browser, CHANGE, room.pk).save({"notice": "a Masked one"})
    words_add(["one"], action="refuse")
    Page(browser, CHANGE, room.pk).save({"title": "Another"})
    room.refresh_from_db()
    assert room.notice == "a ****** one"
    page = Page(browser, ADD)
    said = page.refused({"title": "New", "slug": "new", "host": str(host.pk), "notice": "refused"})
    assert said == ["This text cannot be shown here."]
    page.save({"notice": "masked", "title": "New", "slug": "new", "host": str(host.pk)})
    assert Room.objects.get(slug="new").notice == "******"
