"""WeChat's msgSecCheck as a check, with a WeChat that answers as documented."""

import pytest

from rooms.checks import Hold, Kind, Refuse, Subject, Unchecked, wechat
from rooms.checks.wechat import Share, msg_sec_check
from tests import factories
from tests.clients import stored
from tests.wechat import CHECK, error


@pytest.fixture
async def li(transactional_db, fake_wechat):
    """A user who was in the mini-program."""
    fake_wechat.user("openid-li")
    return await stored(factories.make_user, "李雷", openid="openid-li")


@pytest.mark.parametrize(
    ("text", "verdict"), [("你好", None), ("违规的话", Refuse("20001")), ("可疑的话", Hold("20003"))]
)
async def test_what_it_says(li, text, verdict):
    """The detail is its label."""
    assert await msg_sec_check(Subject(Kind.COMMENT, text, li)) == verdict


@pytest.mark.parametrize(
    ("kind", "scene", "nickname"), [("nickname", 1, None), ("comment", 2, "李雷"), ("notice", 2, "李雷")]
)
async def test_what_it_is_told(li, fake_wechat, kind, scene, nickname):
    """The text, who says it, and what it is to be."""
    await msg_sec_check(Subject(Kind(kind), "你好", li))
    (request,) = fake_wechat.requests_of(CHECK)
    told = {"version": 2, "openid": "openid-li", "scene": scene, "content": "你好"}
    assert request.body == told | ({"nickname": nickname} if nickname else {})


@pytest.mark.parametrize(
    ("reply", "detail", "never"),
    [
        (error(61010), "error 61010", True),
        (error(40003), "error 40003", True),
        (error(43104), "error 43104", True),
        (error(44002), "error 44002", True),
        (error(44004), "error 44004", True),
        (error(45009), "error 45009", False),
        (error(47001), "error 47001", False),
        (error(-1), "busy twice (-1)", False),
        (500, "HTTP 500", False),
        ("nonsense", "an answer that is none", False),
    ],
)
async def test_no_answer(li, fake_wechat, reply, detail, never):
    """Errors about one user or one text say nothing of WeChat."""
    fake_wechat.answer(CHECK, reply)
    with pytest.raises(Unchecked) as unchecked:
        await msg_sec_check(Subject(Kind.COMMENT, "你好", li))
    assert (unchecked.value.detail, unchecked.value.never, unchecked.value.away) == (detail, never, not never)


async def test_a_text_that_is_longer_than_wechat_takes(li, fake_wechat):
    """It is shown in parts that overlap; one that is bad is enough."""
    assert await msg_sec_check(Subject(Kind.COMMENT, "好" * 5000, li)) is None
    parts = [request.body["content"] for request in fake_wechat.requests_of(CHECK)]
    assert [len(part) for part in parts] == [2500, 2500, 200]
    assert await msg_sec_check(Subject(Kind.COMMENT, "好" * 2499 + "违规", li)) == Refuse("20001")


async def test_nobody_whom_wechat_knows(transactional_db, fake_wechat, viewer):
    """Guests and issued users have no openid: WeChat is not asked."""
    for user in (None, viewer):
        with pytest.raises(Unchecked) as unchecked:
            await msg_sec_check(Subject(Kind.COMMENT, "你好", user))
        assert (unchecked.value.detail, unchecked.value.never, unchecked.value.away) == ("no openid", True, False)
    assert fake_wechat.requests == []


def test_the_rate_is_shared(settings, clock):
    """Calls begin evenly; each of three processes takes a third; who would wait too long is told at once."""
    settings.LIVEROOM_MSG_CHECK_RATE = 60
    share = Share()
    assert [share.take() for _ in range(4)] == pytest.approx([0, 1, 2, 3], abs=0.1)
    assert share.take() is None
    clock.leap(10)
    share.processes = lambda: 4
    assert share.take() == 0
    assert share.take() is None
    clock.leap(4)
    assert share.take() == 0
    settings.LIVEROOM_MSG_CHECK_RATE = 0
    assert [share.take() for _ in range(100)] == [0] * 100


async def test_more_than_the_rate_is_not_asked(li, fake_wechat, settings, monkeypatch):
    """WeChat would refuse it, and count it."""
    settings.LIVEROOM_MSG_CHECK_RATE = 1
    monkeypatch.setattr(wechat, "share", Share())
    subject = Subject(Kind.COMMENT, "你好", li)
    assert await msg_sec_check(subject) is None
    with pytest.raises(Unchecked) as unchecked:
        await msg_sec_check(subject)
    assert (unchecked.value.detail, unchecked.value.never, unchecked.value.away) == ("too many texts", False, False)
    assert len(fake_wechat.requests_of(CHECK)) == 1
