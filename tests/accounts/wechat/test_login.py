"""POST /api/auth/wechat, through the whole application."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from channels.db import database_sync_to_async
from pytest_django import Settings

from accounts import tokens
from accounts.models import User
from accounts.wechat import login
from accounts.wechat.client import Session
from liveroom.asgi import application
from tests.accounts.errors import error_of
from tests.wechat import LOGIN, SECRET, SESSION_KEY, FakeWeChat, error

LI = "openid-li"
PATH = "/api/auth/wechat"


@pytest.fixture
async def api(engine: None) -> AsyncIterator[httpx.AsyncClient]:
    """A phone that calls the application."""
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", trust_env=False) as phone:
        yield phone


async def enter(api: httpx.AsyncClient, code: str, **headers: str) -> httpx.Response:
    """Log in with this code."""
    return await api.post(PATH, json={"code": code}, headers=headers)


def refusal(response: httpx.Response, status: int) -> dict[str, Any]:
    """The error of a login that is refused with this status."""
    assert response.status_code == status, response.text
    return error_of(Answer(response))


class Answer:
    """An answer as Django's test client has it."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.json = response.json

    def __getitem__(self, name: str) -> str:
        return self._response.headers[name]


def made(**fields: Any) -> User:
    """A stored user."""
    return User.objects.create_user(**fields)


make = database_sync_to_async(made)
user_with = database_sync_to_async(User.objects.get)
count = database_sync_to_async(User.objects.count)
verify = database_sync_to_async(tokens.verify)


@pytest.mark.parametrize("path", [PATH, f"{PATH}/"])
async def test_a_new_user_gets_a_token(api: httpx.AsyncClient, fake_wechat: FakeWeChat, path: str) -> None:
    """He is no guest, has a made-up name, and is known by his openid and unionid from now on."""
    response = await api.post(path, json={"code": fake_wechat.code(LI, "union-li")})
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "no-store"
    user = await user_with(openid=LI)
    body = response.json()
    assert await verify(body.pop("token")) == user
    wire = {"id": user.public_id, "nickname": user.nickname, "avatar": "", "role": "viewer"}
    assert body == {"expires_in": 2_592_000, "user": wire}
    assert re.fullmatch(r"User \d{4}", user.nickname)
    assert (user.unionid, user.is_guest, user.has_usable_password()) == ("union-li", False, False)


async def test_a_new_user_is_named_in_his_language(api: httpx.AsyncClient, fake_wechat: FakeWeChat) -> None:
    """As the phone asks for it."""
    response = await enter(api, fake_wechat.code(), **{"Accept-Language": "zh-CN"})
    assert re.fullmatch(r"用户\d{4}", response.json()["user"]["nickname"])


async def test_who_comes_back_is_the_same(api: httpx.AsyncClient, fake_wechat: FakeWeChat) -> None:
    """With the name and picture that he has given himself."""
    user = await make(openid=LI, nickname="李雷", avatar="/li.png")
    first, second = [(await enter(api, fake_wechat.code())).json() for _ in range(2)]
    wire = {"id": user.public_id, "nickname": "李雷", "avatar": "/li.png", "role": "viewer"}
    assert first["user"] == second["user"] == wire
    assert await count() == 1


async def test_a_stale_token_does_not_keep_anybody_out(api: httpx.AsyncClient, fake_wechat: FakeWeChat) -> None:
    """The header is not looked at."""
    assert (await enter(api, fake_wechat.code(), Authorization="Bearer stale")).status_code == 200


# --- The unionid


async def test_a_unionid_is_learnt_later(api: httpx.AsyncClient, fake_wechat: FakeWeChat) -> None:
    """Once the mini-program belongs to an account, or to another one; and it is kept where none is told."""
    await make(openid=LI)
    for told, known in ((None, None), ("union-1", "union-1"), (None, "union-1"), ("union-2", "union-2")):
        await enter(api, fake_wechat.code(LI, told))
        assert (await user_with(openid=LI)).unionid == known


async def test_a_user_of_another_app_is_the_same_person(api: httpx.AsyncClient, fake_wechat: FakeWeChat) -> None:
    """Found by his unionid; from now on his openid is that of this app."""
    user = await make(openid="openid-of-the-old-app", unionid="union-li", nickname="李雷")
    response = await enter(api, fake_wechat.code(LI, "union-li"))
    assert response.json()["user"]["id"] == user.public_id
    await database_sync_to_async(user.refresh_from_db)()
    assert (user.openid, user.unionid) == (LI, "union-li")
    assert await count() == 1


async def test_the_openid_comes_first(
    api: httpx.AsyncClient, fake_wechat: FakeWeChat, caplog: pytest.LogCaptureFixture
) -> None:
    """Where both are known, of two users, nobody loses what is his; the log says which user could not have it."""
    mine = await make(openid=LI)
    other = await make(openid="openid-other", unionid="union-li")
    response = await enter(api, fake_wechat.code(LI, "union-li"))
    assert response.json()["user"]["id"] == mine.public_id
    assert (await user_with(pk=mine.pk)).unionid is None
    assert (await user_with(pk=other.pk)).openid == "openid-other"
    assert caplog.messages == [f"User {mine.pk} is not given a unionid that another user has"]


async def test_two_logins_at_once_give_one_user(api: httpx.AsyncClient, fake_wechat: FakeWeChat) -> None:
    """Both wait for WeChat at the same time, and are answered together."""
    fake_wechat.hang(LOGIN)
    phones = [asyncio.create_task(enter(api, fake_wechat.code(LI, "union-li"))) for _ in range(8)]
    await asyncio.to_thread(fake_wechat.wait_for, LOGIN, 8)
    fake_wechat.release(LOGIN)
    answers = [(await phone).json() for phone in phones]
    assert len({answer["user"]["id"] for answer in answers}) == 1
    assert await count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", [{"openid": LI}, {"openid": "openid-of-the-old-app", "unionid": "union-li"}])
def test_one_who_was_first_is_found(monkeypatch: pytest.MonkeyPatch, first: dict[str, str]) -> None:
    """Exactly between another login's look and its insert."""
    found, users = login._found, list[User]()

    def too_early(session: Session) -> User | None:
        if not users:
            assert found(session) is None
            users.append(made(**first))
            return None
        return found(session)

    monkeypatch.setattr(login, "_found", too_early)
    user = login.user_of(Session(LI, "union-li"), language="en")
    assert user == users[0]
    assert (user.openid, user.unionid) == (LI, "union-li")


# --- What is refused


async def test_without_a_mini_program_nobody_logs_in(api: httpx.AsyncClient) -> None:
    """The default; it says which settings it takes."""
    assert refusal(await enter(api, "x.1"), 403) == {
        "code": "forbidden",
        "detail": "This server has no mini-program: WECHAT_APPID and WECHAT_SECRET are not set.",
        "retry": False,
    }


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": None}, {"code": ["x"]}, {"code": "x" * 257}])
async def test_a_code_that_is_none_is_not_asked_about(
    api: httpx.AsyncClient, fake_wechat: FakeWeChat, body: dict[str, Any]
) -> None:
    """It costs no call."""
    found = refusal(await api.post(PATH, json=body), 400)
    assert (found["code"], found["field"], found["retry"]) == ("bad_message", "code", False)
    assert fake_wechat.requests == []


BAD_CODE = {
    "code": "bad_message",
    "detail": "The code is wrong, too old, or was used.",
    "retry": False,
    "field": "code",
}
REFUSED: dict[int, tuple[int, dict[str, Any]]] = {
    40029: (400, BAD_CODE),
    40163: (400, BAD_CODE),
    45011: (
        429,
        {
            "code": "rate_limited",
            "detail": "WeChat takes no more logins of this user for now.",
            "retry": True,
            "retry_after": 60,
        },
    ),
    40226: (403, {"code": "forbidden", "detail": "WeChat does not let this user log in.", "retry": False}),
}


@pytest.mark.parametrize("errcode", REFUSED)
async def test_what_wechat_refuses(
    api: httpx.AsyncClient, fake_wechat: FakeWeChat, errcode: int, caplog: pytest.LogCaptureFixture
) -> None:
    """In the shape of the socket's errors; it is the caller's, so the log has nothing of it."""
    fake_wechat.answer(LOGIN, error(errcode))
    response = await enter(api, "x.1")
    status, expected = REFUSED[errcode]
    assert refusal(response, status) == expected
    assert response.headers.get("Retry-After") == ("60" if errcode == 45011 else None)
    assert caplog.records == []
    assert await count() == 0


@pytest.mark.parametrize(
    ("errcode", "said"),
    [
        (40013, "WeChat does not take WECHAT_APPID (40013 "),
        (40125, "WeChat does not take WECHAT_SECRET (40125 "),
        (40164, "WeChat refused a login: 40164 invalid ip 203.0.113.7"),
        (99999, "WeChat refused a login: 99999 "),
    ],
)
async def test_what_the_operator_must_mend(
    api: httpx.AsyncClient,
    fake_wechat: FakeWeChat,
    errcode: int,
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log tells him which setting it is; the caller hears only that it does not help to try again."""
    fake_wechat.answer(LOGIN, error(errcode))
    detail = "The server and WeChat do not understand each other."
    assert refusal(await enter(api, "x.1"), 500) == {"code": "internal", "detail": detail, "retry": False}
    (record,) = [record for record in caplog.records if record.name.startswith("accounts.")]
    assert record.levelno == logging.ERROR
    assert said in record.getMessage()
    assert SECRET not in caplog.text


async def test_a_quota_that_is_used_up(
    api: httpx.AsyncClient, fake_wechat: FakeWeChat, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody can log in for a while: the caller may try again, and the operator hears of it."""
    fake_wechat.answer(LOGIN, error(45009))
    found = refusal(await enter(api, "x.1"), 503)
    assert (found["code"], found["retry"], found["retry_after"]) == ("unavailable", True, 60)
    assert "is used up" in caplog.text


@pytest.mark.parametrize("how", ["busy", "down", "silence"])
async def test_a_wechat_that_does_not_answer(
    api: httpx.AsyncClient, fake_wechat: FakeWeChat, settings: Settings, how: str
) -> None:
    """The caller may try again soon; then he is let in."""
    settings.LIVEROOM_WECHAT_TIMEOUT = 1
    code = fake_wechat.code()
    if how == "busy":
        fake_wechat.answer(LOGIN, error(-1))
    elif how == "down":
        fake_wechat.down()
    else:
        fake_wechat.hang(LOGIN)
    assert refusal(await enter(api, code), 503) == {
        "code": "unavailable",
        "detail": "WeChat does not answer; try again.",
        "retry": True,
        "retry_after": 2,
    }
    fake_wechat.answer(LOGIN, None)
    fake_wechat.up()
    fake_wechat.release(LOGIN)
    assert (await enter(api, fake_wechat.code())).status_code == 200


async def test_others_are_served_while_wechat_is_silent(api: httpx.AsyncClient, fake_wechat: FakeWeChat) -> None:
    """Who waits for WeChat waits alone."""
    fake_wechat.hang(LOGIN)
    waiting = [asyncio.create_task(enter(api, fake_wechat.code())) for _ in range(40)]
    await asyncio.to_thread(fake_wechat.wait_for, LOGIN, 40)
    assert (await api.get("/api/rooms/")).status_code == 200
    fake_wechat.release(LOGIN)
    assert {(await each).status_code for each in waiting} == {200}


async def test_who_is_switched_off_stays_out(api: httpx.AsyncClient, fake_wechat: FakeWeChat) -> None:
    """An operator's decision stands."""
    await make(openid=LI, is_active=False)
    response = await enter(api, fake_wechat.code())
    assert refusal(response, 403) == {"code": "forbidden", "detail": "This user is switched off.", "retry": False}


async def test_one_address_logs_in_so_often_a_minute(
    api: httpx.AsyncClient, fake_wechat: FakeWeChat, settings: Settings
) -> None:
    """What is above costs WeChat's quota nothing; 0 is no limit."""
    settings.LIVEROOM_WECHAT_RATE = 2
    assert [(await enter(api, fake_wechat.code())).status_code for _ in range(2)] == [200, 200]
    found = refusal(await enter(api, fake_wechat.code()), 429)
    assert (found["code"], found["retry"]) == ("rate_limited", True)
    assert 1 <= found["retry_after"] <= 60
    assert len(fake_wechat.requests_of(LOGIN)) == 2
    settings.LIVEROOM_WECHAT_RATE = 0
    assert {(await enter(api, fake_wechat.code())).status_code for _ in range(3)} == {200}


async def test_the_session_key_goes_nowhere(
    api: httpx.AsyncClient, fake_wechat: FakeWeChat, caplog: pytest.LogCaptureFixture
) -> None:
    """Not to the client, nor to the log at its finest, nor into the table of users."""
    caplog.set_level(logging.DEBUG)
    response = await enter(api, fake_wechat.code())
    user = await user_with(openid=LI)
    assert response.status_code == 200
    assert [text for text in (response.text, caplog.text, str(vars(user))) if SESSION_KEY in text] == []
