"""Followers are told that their host goes live: from the accept, over the rows, to the message."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.wechat import reminders
from accounts.wechat.announcer import Announcer
from accounts.wechat.client import WeChatError
from accounts.wechat.models import Announcement, Reminder
from rooms.messages import Role
from rooms.models import Room
from rooms.realtime.database import Database
from rooms.services import follows, rooms
from rooms.transaction import RoomTransaction, rooms_of_host
from tests.accounts.errors import error_of
from tests.admin_pages import signed_in
from tests.api import as_user, ok
from tests.wechat import APPID, SECRET, SEND, FakeWeChat, error

TEMPLATE = "template-live"


@pytest.fixture(autouse=True)
def _template(settings: Settings) -> None:
    """Messages are on."""
    settings.WECHAT_APPID, settings.WECHAT_SECRET = APPID, SECRET
    settings.WECHAT_TEMPLATE_LIVE = TEMPLATE
    settings.WECHAT_TEMPLATE_LIVE_DATA = ["thing1={title}", "thing2={host}"]


@pytest.fixture
def scheduled(room: Room) -> Room:
    """The room before its first show."""
    Room.objects.filter(pk=room.pk).update(status=Room.Status.SCHEDULED, title="周末茶会")
    room.refresh_from_db()
    return room


@pytest.fixture
async def process() -> AsyncIterator[Announcer]:
    """What a process has for sending."""
    database = Database()
    yield Announcer(database, every=2)
    await asyncio.to_thread(database.close)


def member(number: int = 1, **fields: Any) -> User:
    """Somebody who logged in by WeChat."""
    return User.objects.create_user(**{"nickname": f"Viewer {number}", "openid": f"openid-{number}", **fields})


def start(room: Room) -> None:
    """Let the host go live."""
    with RoomTransaction(room.pk) as tx:
        rooms.room_start(tx, room_id=room.pk)


def end(room: Room) -> None:
    """Let him end."""
    with RoomTransaction(room.pk) as tx:
        rooms.room_end(tx, room_id=room.pk)


def accepting(fake: FakeWeChat, room: Room, count: int, *, first: int = 1) -> list[User]:
    """Some who accepted a message, as WeChat and we know it."""
    users = [member(number) for number in range(first, first + count)]
    for user in users:
        fake.user(str(user.openid))
        fake.grant(str(user.openid))
        reminders.reminder_accept(user=user, host_id=room.host_id)
    return users


def states() -> dict[str, int]:
    """How many messages are how far: those that wait or are under way have rows, of the others the numbers are kept."""
    rows = Reminder.objects.values_list("announcement", flat=True)
    found = {
        "sent": sum(Announcement.objects.values_list("sent", flat=True)),
        "refused": sum(announcement.refused for announcement in Announcement.objects.all()),
        "waiting": sum(announcement is None for announcement in rows),
        "sending": sum(announcement is not None for announcement in rows),
    }
    return {state: count for state, count in found.items() if count}


def announced() -> Announcement:
    """The announcement."""
    return Announcement.objects.get()


in_thread = database_sync_to_async


async def work(process: Announcer, times: int = 1) -> None:
    """What a process does every so often."""
    for _ in range(times):
        await process.step()


# --- Who wants it


def test_a_viewer_says_that_he_accepted(scheduled: Room) -> None:
    """Saying so again changes nothing; he is told what to ask for."""
    caller = as_user(member())
    path = f"/api/rooms/{scheduled.slug}/remind/"
    assert ok(caller.get(path)) == {"template_id": TEMPLATE, "waiting": False}
    for _ in range(2):
        assert ok(caller.post(path)) == {"template_id": TEMPLATE, "waiting": True}
    assert Reminder.objects.count() == 1
    assert ok(caller.get(path)) == {"template_id": TEMPLATE, "waiting": True}


def test_who_cannot_be_told(scheduled: Room, viewer: User, settings: Settings) -> None:
    """Nobody without WeChat, nobody without a token, and nobody where there is no template."""
    path = f"/api/rooms/{scheduled.slug}/remind/"
    assert error_of(as_user(viewer).post(path))["code"] == "forbidden"
    assert Client().post(path).status_code == 401
    settings.WECHAT_TEMPLATE_LIVE = ""
    assert error_of(as_user(member()).post(path))["code"] == "switched_off"
    assert not Reminder.objects.exists()


def test_who_does_not_follow_any_more_is_not_told(scheduled: Room) -> None:
    """His accept is forgotten with the follow."""
    user = member()
    for following in (True, False):
        with RoomTransaction(*rooms_of_host(scheduled.host_id)) as tx:
            follows.follow_set(tx, room_id=scheduled.pk, user=user, role=Role.VIEWER, following=following)
        if following:
            reminders.reminder_accept(user=user, host_id=scheduled.host_id)
    assert not Reminder.objects.exists()


def test_a_show_is_announced_once(scheduled: Room, settings: Settings) -> None:
    """When it begins, not when it goes on; the next show is another one. Without a template none is."""
    start(scheduled)
    with RoomTransaction(scheduled.pk) as tx:
        rooms.room_pause(tx, room_id=scheduled.pk)
    start(scheduled)
    assert announced().page == f"pages/room/room?slug={scheduled.slug}"
    end(scheduled)
    start(scheduled)
    assert Announcement.objects.count() == 2
    end(scheduled)
    settings.WECHAT_TEMPLATE_LIVE = ""
    start(scheduled)
    assert Announcement.objects.count() == 2


# --- Sending


async def test_followers_are_told(scheduled: Room, fake_wechat: FakeWeChat, process: Announcer) -> None:
    """Each who accepted gets one message; the next show tells nobody who has not accepted another one."""
    users = await in_thread(accepting)(fake_wechat, scheduled, 3)
    await in_thread(start)(scheduled)
    await work(process, 2)
    assert {message["touser"] for message in fake_wechat.sent} == {user.openid for user in users}
    assert fake_wechat.sent[0]["data"] == {"thing1": {"value": "周末茶会"}, "thing2": {"value": "主播"}}
    assert fake_wechat.sent[0]["page"] == "pages/room/room?slug=demo"
    assert await in_thread(states)() == {"sent": 3}
    assert (await in_thread(announced)()).state == Announcement.State.DONE
    await in_thread(end)(scheduled)
    await in_thread(start)(scheduled)
    await work(process, 2)
    assert len(fake_wechat.sent) == 3


async def test_so_many_at_a_time(
    scheduled: Room, fake_wechat: FakeWeChat, process: Announcer, settings: Settings
) -> None:
    """Each look sends what two seconds allow."""
    settings.LIVEROOM_WECHAT_MESSAGE_RATE = 2
    await in_thread(accepting)(fake_wechat, scheduled, 6)
    await in_thread(start)(scheduled)
    await work(process)
    assert len(fake_wechat.sent) == 4
    await work(process)
    assert len(fake_wechat.sent) == 6


async def test_who_takes_no_message_is_left_out(scheduled: Room, fake_wechat: FakeWeChat, process: Announcer) -> None:
    """Whoever took the accept back (43101), or is none of this app's (40003); the others are told."""
    users = await in_thread(accepting)(fake_wechat, scheduled, 3)
    fake_wechat.grants.clear()
    fake_wechat.grant(str(users[0].openid))
    del fake_wechat.openids[str(users[2].openid)]
    await in_thread(start)(scheduled)
    await work(process, 2)
    assert await in_thread(states)() == {"sent": 1, "refused": 2}
    found = await in_thread(announced)()
    assert found.refusals == {"43101": 1, "40003": 1}
    assert found.state == Announcement.State.DONE


@pytest.mark.parametrize("errcode", [47003, 40037, 41030, 43107])
async def test_what_meets_all_stops_it(
    scheduled: Room,
    fake_wechat: FakeWeChat,
    process: Announcer,
    errcode: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody's accept is used up; the operator reads why, mends it, and has it go on."""
    monkeypatch.setattr(process, "_places", asyncio.Semaphore(1))
    await in_thread(accepting)(fake_wechat, scheduled, 3)
    fake_wechat.answer(SEND, error(errcode))
    await in_thread(start)(scheduled)
    await work(process, 2)
    found = await in_thread(announced)()
    assert (found.state, found.errcode) == (Announcement.State.STOPPED, errcode)
    assert await in_thread(states)() == {"waiting": 3}
    assert len(fake_wechat.requests_of(SEND)) == 1
    assert "Followers are not told of '周末茶会'" in caplog.text
    fake_wechat.answer(SEND, None)
    assert await in_thread(reminders.announcements_resume)(ids=[found.pk]) == 1
    await work(process, 2)
    assert len(fake_wechat.sent) == 3


async def test_a_template_that_was_misspelled(
    scheduled: Room, fake_wechat: FakeWeChat, process: Announcer, settings: Settings
) -> None:
    """What the phones accepted is the real one: who waits is told of it once the setting is mended, and once only."""
    settings.WECHAT_TEMPLATE_LIVE = "template-livd"
    users = await in_thread(accepting)(fake_wechat, scheduled, 2)
    await in_thread(start)(scheduled)
    await work(process, 2)
    found = await in_thread(announced)()
    assert found.errcode == 40037
    settings.WECHAT_TEMPLATE_LIVE = TEMPLATE
    await in_thread(reminders.reminder_accept)(user=users[0], host_id=scheduled.host_id)
    assert await in_thread(reminders.announcements_resume)(ids=[found.pk]) == 1
    await work(process, 2)
    assert [message["template_id"] for message in fake_wechat.sent] == [TEMPLATE] * 2
    assert await in_thread(states)() == {"sent": 2}
    assert (await in_thread(announced)()).state == Announcement.State.DONE


async def test_a_wechat_that_does_not_answer_is_asked_later(
    scheduled: Room, fake_wechat: FakeWeChat, process: Announcer
) -> None:
    """Less and less often; whoever was told meanwhile is not told again."""
    await in_thread(accepting)(fake_wechat, scheduled, 2)
    fake_wechat.answer(SEND, 502, times=1)
    await in_thread(start)(scheduled)
    await work(process, 2)
    assert len(fake_wechat.sent) == 1
    assert await in_thread(states)() == {"sent": 1, "sending": 1}
    found = await in_thread(announced)()
    assert (found.state, found.tries) == (Announcement.State.SENDING, 1)
    await in_thread(Announcement.objects.update)(next_at=timezone.now())
    await work(process, 2)
    assert len(fake_wechat.sent) == 2
    assert (await in_thread(announced)()).state == Announcement.State.DONE


async def test_another_process_goes_on(scheduled: Room, fake_wechat: FakeWeChat, process: Announcer) -> None:
    """With what one had taken that is no more, once its time is over and not before."""
    await in_thread(accepting)(fake_wechat, scheduled, 2)
    await in_thread(start)(scheduled)
    claim = await in_thread(reminders.announcement_claim)(owner="one that was killed", limit=1)
    assert claim is not None
    assert len(claim.targets) == 1
    await work(process)
    assert fake_wechat.sent == []
    await in_thread(Announcement.objects.update)(leased_until=F("leased_until") - timedelta(hours=1))
    await work(process, 2)
    assert len(fake_wechat.sent) == 2
    assert await in_thread(states)() == {"sent": 2}


async def test_what_is_too_late_is_not_told(scheduled: Room, fake_wechat: FakeWeChat, process: Announcer) -> None:
    """After an outage of half an hour the show may be over; the accepts are kept for the next one."""
    await in_thread(accepting)(fake_wechat, scheduled, 2)
    await in_thread(start)(scheduled)
    claim = await in_thread(reminders.announcement_claim)(owner="one that was killed", limit=1)
    assert claim is not None
    ago = timezone.now() - timedelta(minutes=31)
    await in_thread(Announcement.objects.update)(created_at=ago, leased_until=ago)
    await work(process)
    assert fake_wechat.sent == []
    assert (await in_thread(announced)()).state == Announcement.State.EXPIRED
    assert await in_thread(states)() == {"waiting": 2}


async def test_who_accepts_again_meanwhile_is_told_once(
    scheduled: Room, fake_wechat: FakeWeChat, process: Announcer
) -> None:
    """The second accept is for the next show."""
    users = await in_thread(accepting)(fake_wechat, scheduled, 1)
    await in_thread(start)(scheduled)
    await work(process)
    fake_wechat.grant(str(users[0].openid))
    await in_thread(reminders.reminder_accept)(user=users[0], host_id=scheduled.host_id)
    await work(process)
    assert len(fake_wechat.sent) == 1
    assert await in_thread(states)() == {"sent": 1, "waiting": 1}


async def test_one_whose_time_was_over_writes_down_what_it_did(
    scheduled: Room, fake_wechat: FakeWeChat, process: Announcer
) -> None:
    """Another process has told the same people meanwhile: each is counted once."""
    await in_thread(accepting)(fake_wechat, scheduled, 2)
    await in_thread(start)(scheduled)
    claim = await in_thread(reminders.announcement_claim)(owner="one that is slow", limit=2)
    assert claim is not None
    await in_thread(Announcement.objects.update)(leased_until=F("leased_until") - timedelta(hours=1))
    await work(process, 2)
    slow = reminders.Outcome({target.reminder_id: 43101 for target in claim.targets})
    await in_thread(reminders.announcement_record)(claim, slow)
    assert await in_thread(states)() == {"sent": 2}
    assert (await in_thread(announced)()).state == Announcement.State.DONE


async def test_who_accepts_again_while_it_is_stopped(
    scheduled: Room, fake_wechat: FakeWeChat, process: Announcer
) -> None:
    """One message of his waits then, not two."""
    users = await in_thread(accepting)(fake_wechat, scheduled, 2)
    await in_thread(start)(scheduled)
    claim = await in_thread(reminders.announcement_claim)(owner="another process", limit=2)
    assert claim is not None
    await in_thread(reminders.reminder_accept)(user=users[0], host_id=scheduled.host_id)
    stop = reminders.Outcome({}, WeChatError(40037))
    await in_thread(reminders.announcement_record)(claim, stop)
    assert await in_thread(states)() == {"waiting": 2}


async def test_a_show_that_is_over_is_not_told(
    scheduled: Room, fake_wechat: FakeWeChat, process: Announcer, settings: Settings
) -> None:
    """A host who ends at once has not used up what others accepted; what was under way is written down."""
    settings.LIVEROOM_WECHAT_MESSAGE_RATE = 1
    await in_thread(accepting)(fake_wechat, scheduled, 5)
    await in_thread(start)(scheduled)
    await work(process)
    claim = await in_thread(reminders.announcement_claim)(owner=process._owner, limit=2)
    assert claim is not None
    await in_thread(end)(scheduled)
    first, second = (target.reminder_id for target in claim.targets)
    assert first != second
    await in_thread(reminders.announcement_record)(claim, reminders.Outcome({first: 0}))
    await work(process, 2)
    assert len(fake_wechat.sent) == 2
    assert (await in_thread(announced)()).state == Announcement.State.EXPIRED
    assert await in_thread(states)() == {"sent": 3, "waiting": 2}
    await in_thread(start)(scheduled)
    await in_thread(end)(scheduled)
    await work(process, 2)
    assert await in_thread(states)() == {"sent": 3, "waiting": 2}


def test_what_is_kept(scheduled: Room) -> None:
    """An announcement for some months; then it goes with the next one of that host, unless it is not ended."""
    for days, state in ((100, "done"), (100, "stopped"), (100, "waiting"), (80, "done")):
        ago = timezone.now() - timedelta(days=days)
        host_id = scheduled.host_id
        Announcement.objects.create(host_id=host_id, title=f"{state} {days}", state=state, created_at=ago)
    start(scheduled)
    kept = Announcement.objects.order_by("pk").values_list("title", flat=True)
    assert list(kept) == ["waiting 100", "done 80", "周末茶会"]


# --- The admin


def test_an_operator_sees_how_far_it_is(scheduled: Room, root: User) -> None:
    """How many were told, refused and are under way, and for what; one that stopped goes on by a button."""
    start(scheduled)
    found = announced()
    Announcement.objects.update(sent=17, refusals={"40003": 1, "43101": 22})
    for number in range(3):
        Reminder.objects.create(user=member(number), host=scheduled.host, template_id=TEMPLATE, announcement=found)
    browser = signed_in(root)
    page = browser.get("/admin/accounts/announcement/").text
    assert "周末茶会" in page
    assert re.findall(r'class="field-(sent|refused|left|error)">([^<]+)', page) == [
        ("sent", "17"),
        ("refused", "23"),
        ("left", "3"),
        ("error", "43101 × 22, 40003 × 1"),
    ]
    Announcement.objects.update(state="stopped", errcode=47003, errmsg="argument invalid! data.thing1.value invalid")
    page = browser.get(f"/admin/accounts/announcement/{found.pk}/change/").text
    assert "47003 argument invalid! data.thing1.value invalid" in page
    assert 'name="_save"' not in page
    chosen = {"action": "resume", "_selected_action": [str(found.pk)]}
    assert browser.post("/admin/accounts/announcement/", chosen).status_code == 302
    assert announced().state == Announcement.State.WAITING
    assert LogEntry.objects.get().get_change_message() == "Changed state."


def test_the_list_costs_the_same_for_many(scheduled: Room, root: User) -> None:
    """No query per announcement."""
    browser = signed_in(root)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/admin/accounts/announcement/").status_code == 200
        return len(queries)

    start(scheduled)
    few = cost()
    for number in range(5):
        Announcement.objects.create(host_id=scheduled.host_id, title=f"{number}", refusals={"43101": number})
    assert cost() == few
