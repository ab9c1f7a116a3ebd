"""`manage.py prepare`: what a first start needs, and that a second one does nothing."""

import os
import re
import socket
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import User
from liveroom import serve
from liveroom.demo.content import GOODS
from liveroom.language import LANGUAGES
from products.models import Product
from rooms.models import Comment, Room
from rooms.services.words import words_add
from tests.moderation import BAN, MUTE, impose

KEPT = re.compile(r"name: (\S+)  password: (\S+)  \(kept in .*admin\.txt\)")


@pytest.fixture
def var(tmp_path: Path, settings: Settings, transactional_db: None) -> Path:
    """The folder for what the server keeps; it does not exist yet."""
    settings.VAR_DIR = tmp_path / "var"
    return tmp_path / "var"


def prepare() -> str:
    """Run the command and return what it says."""
    said = StringIO()
    call_command("prepare", stdout=said, stderr=said)
    return said.getvalue()


def test_a_first_start_makes_an_administrator(var: Path) -> None:
    """Name and password are made, work, are printed with the addresses, and are readable to their owner alone."""
    said = prepare()
    kept = KEPT.search(said)
    assert kept is not None
    user = User.objects.get(is_superuser=True)
    assert user.is_staff
    assert user.username == kept[1] == "admin"
    assert user.check_password(kept[2])
    assert "http://127.0.0.1:8000/rooms/demo/\n" in said
    assert "http://127.0.0.1:8000/admin/ " in said
    assert "manage.py crowd demo --viewers 50 --minutes 5 --url http://127.0.0.1:8000\n" in said
    assert (var / "admin.txt").read_text().split() == [kept[1], kept[2]]
    assert stat.S_IMODE((var / "admin.txt").stat().st_mode) == 0o600
    assert os.listdir(var) == ["admin.txt"]


def test_a_default_room_that_is_not_there(var: Path, settings: Settings) -> None:
    """The address that is printed leads to a room, and the setting that does not is named."""
    settings.LIVEROOM_DEFAULT_ROOM = "shop"
    said = prepare()
    assert "http://127.0.0.1:8000/rooms/demo/\n" in said
    assert "LIVEROOM_DEFAULT_ROOM is “shop”, and there is no such room." in said


def test_a_start_in_chinese(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is, where the system's language is."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    *_, room, admin, crowd = prepare().splitlines()
    assert room == "直播间：http://127.0.0.1:8000/rooms/demo/"
    assert re.fullmatch(
        r"后台：  http://127\.0\.0\.1:8000/admin/  用户名：admin  密码：\S+（保存在 .*admin\.txt）", admin
    )
    assert crowd.startswith("观众：  ")


def test_a_second_start_changes_nothing(var: Path) -> None:
    """The same words, the same account, the same file."""
    first = prepare()
    file, users = (var / "admin.txt").stat(), list(User.objects.values())
    assert prepare() == first
    assert (var / "admin.txt").stat().st_mtime_ns == file.st_mtime_ns
    assert (var / "admin.txt").stat().st_ino == file.st_ino
    assert list(User.objects.values()) == users


def test_rooms_of_the_operator_are_left_alone(var: Path) -> None:
    """Once there is a room, no start brings the demo back: not under its old name, whatever is blocked meanwhile."""
    prepare()
    Room.objects.filter(slug="morning").update(slug="sunday")
    words_add(["bread"], action="refuse")
    prepare()
    assert sorted(Room.objects.values_list("slug", flat=True)) == ["demo", "sunday"]
    Room.objects.filter(slug="demo").update(slug="evening")
    assert "/rooms/evening/\n" in prepare()


def test_the_demo_asks_nobodys_leave(var: Path) -> None:
    """It is made with words blocked that it says, and for a viewer who was muted and banned everywhere."""
    words_add(["bread", "tea"], action="refuse")
    muted = User.objects.create_user("demo-viewer-1", nickname="Mei")
    impose(MUTE, muted, None)
    impose(BAN, muted, None)
    prepare()
    assert Room.objects.count() == 2
    assert Comment.objects.filter(user=muted, state=Comment.State.SHOWN).exists()


def test_a_demo_that_cannot_be_made(var: Path) -> None:
    """It is said why, and all else is prepared."""
    for language in LANGUAGES:
        for goods in GOODS.values():
            Product.objects.create(title=goods.title[language], list_price=1, link="https://shop.example/")
    said = prepare()
    assert "The demo rooms could not be made: " in said
    assert "Room:  http://127.0.0.1:8000/\n" in said
    assert KEPT.search(said)
    assert not Room.objects.exists()


def test_a_password_that_was_changed_is_not_printed(var: Path) -> None:
    """The file's password is shown while it is true; after that, how to set another."""
    password = KEPT.search(prepare())
    assert password is not None
    user = User.objects.get(username="admin")
    user.set_password("another")
    user.save()
    said = prepare()
    assert password[2] not in said
    assert "sign in as admin " in said
    assert "manage.py changepassword admin" in said


def test_a_lost_file_changes_no_account(var: Path) -> None:
    """Whoever deletes the file keeps his password."""
    prepare()
    before = User.objects.get(username="admin").password
    (var / "admin.txt").unlink()
    assert "sign in as admin " in prepare()
    assert User.objects.get(username="admin").password == before
    assert not (var / "admin.txt").exists()


def test_a_new_database_gets_the_kept_password(var: Path) -> None:
    """With no administrator there and the file kept, the file goes on being true."""
    first = prepare()
    User.objects.filter(username="admin").delete()
    assert prepare() == first


def test_a_deleted_administrator_stays_deleted_while_there_is_another(var: Path) -> None:
    """Nobody comes back with a password that was printed once."""
    prepare()
    User.objects.filter(username="admin").delete()
    User.objects.create_superuser("boss", "his own")
    assert "sign in as boss " in prepare()
    assert not User.objects.filter(username="admin").exists()


def test_somebody_called_admin_does_not_become_one(var: Path) -> None:
    """A name that is taken by an ordinary user is left to him."""
    User.objects.create_user("admin", "his own")
    kept = KEPT.search(prepare())
    assert kept is not None
    assert kept[1] != "admin"
    assert not User.objects.get(username="admin").is_superuser
    assert User.objects.get(username=kept[1]).check_password(kept[2])


@pytest.mark.parametrize(
    ("host", "base", "warned"),
    [
        ("localhost", "http://localhost:81", False),
        ("0.0.0.0", "http://127.0.0.1:81", True),
        ("::", "http://[::1]:81", True),
        ("192.0.2.7", "http://192.0.2.7:81", True),
    ],
)
def test_the_addresses_are_those_of_a_browser(
    var: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, host: str, base: str, warned: bool
) -> None:
    """What is printed can be opened here, and DEBUG towards a network is warned of."""
    settings.DEBUG = True
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("PORT", "81")
    said = prepare()
    assert f"{base}/rooms/demo/\n" in said
    assert ("DEBUG is on" in said) is warned


def test_what_a_server_is_told_counts_more_than_the_environment(
    var: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`serve --prepare --host 0.0.0.0` warns of DEBUG, with the port that it got."""
    settings.DEBUG = True
    monkeypatch.setenv("HOST", "127.0.0.1")
    options = serve.parse(["--prepare", "--host", "0.0.0.0", "--port", "0"])
    serve.complete(options)
    with serve.listen(options) as listener:
        serve.prepare(options, listener)
        said = capsys.readouterr()
        assert f"http://127.0.0.1:{listener.getsockname()[1]}/rooms/demo/\n" in said.out
    assert "DEBUG is on" in said.err


@pytest.mark.parametrize(
    ("host", "base", "warned"), [("127.0.0.1", "http://127.0.0.1:{}", False), ("0.0.0.0", "http://127.0.0.1:{}", True)]
)
def test_a_socket_that_was_handed_over_knows_its_address(
    var: Path, settings: Settings, capsys: pytest.CaptureFixture[str], host: str, base: str, warned: bool
) -> None:
    """Whatever HOST says, of which nothing came."""
    settings.DEBUG = True
    settings.HOST = "192.0.2.7"
    with socket.create_server((host, 0)) as listener:
        options = serve.parse(["--prepare", "--fd", str(listener.fileno())])
        serve.complete(options)
        serve.prepare(options, listener)
        port = listener.getsockname()[1]
    said = capsys.readouterr()
    assert f"{base.format(port)}/rooms/demo/\n" in said.out
    assert ("DEBUG is on" in said.err) is warned


@pytest.mark.parametrize(
    ("setting", "base"), [("", "http://localhost"), ("https://live.example/shop/", "https://live.example/shop")]
)
def test_a_unix_socket_is_found_behind_its_proxy(
    var: Path, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str], setting: str, base: str
) -> None:
    """At LIVEROOM_BASE_URL, where that is set; nobody on the network reaches it without."""
    settings.DEBUG = True
    settings.LIVEROOM_BASE_URL = setting
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        options = serve.parse(["--prepare", "--fd", str(listener.fileno())])
        serve.complete(options)
        serve.prepare(options, listener)
    said = capsys.readouterr()
    assert f"{base}/rooms/demo/\n" in said.out
    assert "DEBUG is on" not in said.err
