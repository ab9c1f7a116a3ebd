"""What the settings read from outside."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from liveroom.environment import Environment, kept_key, nearest
from tests.servers import run_python


def test_a_value_of_the_wrong_form_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is none is refused with the name of its setting."""
    monkeypatch.setenv("LIVEROOM_BURST", "three")
    with pytest.raises(ImproperlyConfigured, match=r"^LIVEROOM_BURST is 'three'; it takes a whole number from 0 on\.$"):
        Environment().int("LIVEROOM_BURST", default=3)


@pytest.mark.parametrize(("text", "number"), [("2", 2), ("2.0", 2), ("0.5", 0.5), ("1e3", 1000), (None, 3)])
def test_a_whole_number_stays_an_integer(monkeypatch: pytest.MonkeyPatch, text: str | None, number: float) -> None:
    """A rate of 2 reads 2 in the frames that tell it, not 2.0."""
    if text is not None:
        monkeypatch.setenv("LIVEROOM_RATE", text)
    found = Environment().number("LIVEROOM_RATE", default=3)
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize("text", ["three", "1,5", "2/s", "nan", "inf", "-1"])
def test_what_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Nothing is read into a text that is not wholly a number."""
    monkeypatch.setenv("LIVEROOM_RATE", text)
    with pytest.raises(ImproperlyConfigured, match=rf"^LIVEROOM_RATE is '{text}'; it takes a number from 0 on\.$"):
        Environment().number("LIVEROOM_RATE", default=3)


@pytest.mark.parametrize("place", ["login", "//evil.test/login", "/\\evil.test", "javascript:alert(1)", "https://"])
def test_a_place_to_log_in_is_a_path_or_an_address(place: str) -> None:
    """What a browser would take for something else is refused at the start, by name."""
    done = run_python("-c", "import liveroom.settings", environment={"DEBUG": "1", "LIVEROOM_LOGIN_URL": place})
    assert done.returncode != 0
    assert "LIVEROOM_LOGIN_URL is " in done.stderr
    assert "it takes /path, or an address" in done.stderr


@pytest.mark.parametrize(
    ("text", "on"), [("1", True), ("Yes", True), (" on ", True), ("0", False), ("FALSE", False), ("no", False)]
)
def test_a_switch_is_on_or_off(monkeypatch: pytest.MonkeyPatch, text: str, on: bool) -> None:
    """However it is written."""
    monkeypatch.setenv("HTTPS", text)
    assert Environment().bool("HTTPS", default=not on) is on


@pytest.mark.parametrize("empty", ["", " "])
def test_what_is_empty_was_not_set(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    """Whoever hands a setting on from somewhere else hands on that there is none."""
    for name in ("HTTPS", "LIVEROOM_RATE", "LIVEROOM_BURST", "LIVEROOM_GUESTS", "ALLOWED_HOSTS", "LIVEROOM_BASE_URL"):
        monkeypatch.setenv(name, empty)
    monkeypatch.setenv("TIME_ZONE", empty)
    env = Environment()
    assert env.text("TIME_ZONE", default="Asia/Shanghai") == "Asia/Shanghai"
    assert env.bool("HTTPS", default=True) is True
    assert env.number("LIVEROOM_RATE", default=3) == 3
    assert env.int("LIVEROOM_BURST", default=3) == 3
    assert env.choice("LIVEROOM_GUESTS", "watch", "talk", default="watch") == "watch"
    assert env.all_matching("ALLOWED_HOSTS", "a", "a", default=["a"]) == ["a"]
    assert env.matching("LIVEROOM_BASE_URL", "a", "a", default="a") == "a"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"WECHAT_APPID": "wx01"}, "WECHAT_APPID and WECHAT_SECRET belong together: one is set, and the other is not."),
        ({"WECHAT_SECRET": "s"}, "WECHAT_APPID and WECHAT_SECRET belong together: one is set, and the other is not."),
        ({"WECHAT_API_URL": "api.weixin.qq.com"}, "WECHAT_API_URL is 'api.weixin.qq.com'; it takes an address such as"),
        ({"WECHAT_TEMPLATE_LIVE": "t"}, "WECHAT_TEMPLATE_LIVE_DATA does not say what it says."),
        ({"WECHAT_TEMPLATE_LIVE_DATA": "title"}, "WECHAT_TEMPLATE_LIVE_DATA holds 'title'; it takes fields of"),
        ({"WECHAT_TEMPLATE_LIVE_DATA": "thing1={titel}"}, "WECHAT_TEMPLATE_LIVE_DATA holds 'thing1={titel}'; it takes"),
        ({"WECHAT_TEMPLATE_LIVE_PAGE": "room?id={room}"}, "WECHAT_TEMPLATE_LIVE_PAGE is 'room?id={room}'; it takes"),
        ({"LIVEROOM_WECHAT_TIMEOUT": "0"}, "LIVEROOM_WECHAT_TIMEOUT is '0'; it takes a whole number from 1 to 60."),
    ],
)
def test_half_of_a_mini_program_is_refused(environment: dict[str, str], said: str) -> None:
    """At the start, and not at the first login."""
    done = run_python("-c", "import liveroom.settings", environment={"DEBUG": "1", **environment})
    assert done.returncode != 0
    assert said in done.stderr


def test_a_secret_may_begin_with_any_character() -> None:
    """A key that was made at random is no name of another setting."""
    told = "from liveroom import settings; print(settings.SECRET_KEY, settings.LIVEROOM_SERVER_KEYS)"
    environment = {"SECRET_KEY": "$ecret" * 10, "LIVEROOM_SERVER_KEYS": "$one, $two"}
    done = run_python("-c", told, environment=environment)
    assert done.stdout.split(maxsplit=1) == ["$ecret" * 10, "['$one', '$two']\n"]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("LIVEROOM_GEUSTS", "LIVEROOM_GUESTS"),
        ("LIVEROOM_RATES", "LIVEROOM_RATE"),
        ("LIVEROOM_STAFFRATE", "LIVEROOM_STAFF_RATE"),
        ("LIVEROOM_SERVICE_HOST", None),
        ("LIVEROOM_PORT_8000_TCP", None),
    ],
)
def test_a_slip_in_a_name_is_known_from_a_name_of_another_kind(name: str, known: str | None) -> None:
    """What Kubernetes sets for a service called liveroom is no slip."""
    names = ["DEBUG", "LIVEROOM_RATE", "LIVEROOM_STAFF_RATE", "LIVEROOM_GUESTS", "LIVEROOM_TOKEN_AGE"]
    assert nearest(name, names) == known


def test_a_key_is_made_once_for_all_who_ask_at_once(tmp_path: Path) -> None:
    """Processes that start together get the same key, and it is readable to the owner alone."""
    file = tmp_path / "var" / "secret_key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(kept_key, [file] * 64))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["secret_key"]


def test_every_setting_is_in_the_readme() -> None:
    """The tables of both READMEs name each LIVEROOM_ setting that there is."""
    root = Path(__file__).parents[2]
    lines = (root / "liveroom" / "settings.py").read_text().splitlines()
    names = [line.split(" = ")[0] for line in lines if line.startswith("LIVEROOM_") and " = " in line]
    assert len(names) > 20
    for readme in ("README.md", "README.zh-CN.md"):
        text = (root / readme).read_text()
        assert [name for name in names if f"`{name}`" not in text] == []
        # After an empty line a row is no part of the table: it begins one, or is shown as it stands here.
        blocks = [block.splitlines() for block in text.split("\n\n")]
        assert [block[0] for block in blocks if block[0].startswith("|") and not block[1].startswith("|---")] == []
