"""The checks of LIVEROOM_CHECKS: how they are found, and what becomes of what they say."""

import re
import sys
from types import ModuleType

import pytest
from django.core.exceptions import ImproperlyConfigured

from rooms.checks import Hold, Kind, Refuse, Replace, Subject, Unchecked, outlook
from rooms.checks.pipeline import Answer, Held, Judged, ask, asks_elsewhere, judge, load, settle_name
from rooms.messages import Code, Refused
from tests.servers import ROOT, run_python

NAME = "checks_of_a_test"


@pytest.fixture
def own(settings, monkeypatch):
    """Have these functions be the checks."""

    def use(*checks):
        module = ModuleType(NAME)
        for number, check in enumerate(checks):
            setattr(module, f"check{number}", check)
        monkeypatch.setitem(sys.modules, NAME, module)
        load_again()
        settings.LIVEROOM_CHECKS = [f"{NAME}.check{number}" for number in range(len(checks))]

    yield use
    load_again()


def load_again():
    from rooms.checks import pipeline

    pipeline._load.cache_clear()


def comment(text, user=None):
    return Subject(Kind.COMMENT, text, user)


# --- found


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (
            "rooms.checks.nowhere.check",
            (
                "LIVEROOM_CHECKS holds 'rooms.checks.nowhere.check', which cannot be imported: "
                "No module named 'rooms.checks.nowhere'"
            ),
        ),
        (
            "rooms.checks.local.nothing",
            (
                "LIVEROOM_CHECKS holds 'rooms.checks.local.nothing', which cannot be imported: "
                'Module "rooms.checks.local" does not define a "nothing" attribute/class'
            ),
        ),
        (
            "rooms.checks.local.BLOCKED",
            "LIVEROOM_CHECKS holds 'rooms.checks.local.BLOCKED'; it takes functions, as rooms/checks says.",
        ),
        (
            "rooms.checks.Subject",
            "LIVEROOM_CHECKS holds 'rooms.checks.Subject'; it takes functions, as rooms/checks says.",
        ),
    ],
)
def test_a_path_that_is_no_check(path, line):
    """It is named, with why."""
    with pytest.raises(ImproperlyConfigured) as refused:
        load([path])
    assert str(refused.value) == line


@pytest.mark.parametrize("arguments", [["-m", "liveroom.serve", "--port", "0"], ["manage.py", "check"]])
def test_a_wrong_path_ends_the_start_with_one_line(arguments):
    """Not the first comment."""
    environment = {"DEBUG": "1", "LIVEROOM_CHECKS": "shop.checks.links_wait"}
    ended = run_python(*arguments, environment=environment)
    line = "LIVEROOM_CHECKS holds 'shop.checks.links_wait', which cannot be imported: No module named 'shop'\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", line)


def test_the_example_of_the_docs(monkeypatch, settings, transactional_db):
    """It runs as it is written."""
    text = (ROOT / "docs" / "checks.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (paths,) = re.findall(r"^LIVEROOM_CHECKS=(.*)$", text, re.MULTILINE)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    module = ModuleType("shop.checks")
    exec(code, vars(module))  # noqa: S102 - the example itself
    monkeypatch.setitem(sys.modules, "shop", ModuleType("shop"))
    monkeypatch.setitem(sys.modules, "shop.checks", module)
    settings.LIVEROOM_CHECKS = paths.split(",")
    load_again()
    assert judge(comment("see ＨＴＴＰＳ://a.test")) == Judged("see ＨＴＴＰＳ://a.test", Held("links_wait", "link"))
    assert judge(comment("hello")) == Judged("hello")
    load_again()


# --- from memory


def test_each_gets_what_the_one_before_made_of_it(own):
    """And the first that holds it is named."""
    own(
        lambda subject: Replace(subject.text.upper()),
        lambda subject: Hold(f"second {subject.text}", subject.text + "!"),
        lambda subject: Hold("third") if subject.text == "A!" else None,
    )
    assert judge(comment("a")) == Judged("A!", Held("check1", "second A"))


def test_a_refusal_ends_it(own):
    """What was found is not told to the sender."""
    own(lambda subject: Hold("x"), lambda subject: Refuse("secret"), pytest.fail)
    with pytest.raises(Refused) as refused:
        judge(comment("a"))
    assert (refused.value.code, refused.value.field) == (Code.CONTENT_REJECTED, "content")
    assert refused.value.detail == "content cannot be shown here."


def test_what_is_put_in_a_comments_place_is_no_longer_than_one(own, settings):
    """Clients were told how long a comment is."""
    settings.LIVEROOM_COMMENT_MAX = 5
    own(lambda subject: Replace(subject.text * 3))
    assert judge(comment("abc")).text == "abcab"


@pytest.mark.parametrize(
    ("kind", "verdict", "text"),
    [
        (Kind.NICKNAME, Replace("b"), None),
        (Kind.NICKNAME, Hold("x"), None),
        (Kind.NOTICE, Hold("x"), None),
        (Kind.NOTICE, Replace("b"), "b"),
    ],
)
def test_nobody_waits_with_a_nickname_or_notice(own, kind, verdict, text):
    """Nobody gets a name that he did not choose."""
    own(lambda subject: verdict)
    if text is not None:
        assert judge(Subject(kind, "a")) == Judged(text)
        return
    with pytest.raises(Refused) as refused:
        judge(Subject(kind, "a"))
    assert refused.value.code == Code.CONTENT_REJECTED


# --- elsewhere


def answering(*verdicts):
    """A check that asks elsewhere, and says these one after the other."""
    left = list(verdicts)

    async def check(subject):
        verdict = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    return check


async def test_one_that_objects_is_enough(own):
    """Whether or not another one has an answer."""
    own(answering(Unchecked("away")), answering(None), answering(Hold("20001")), answering(Refuse()))
    assert await ask(comment("a")) == Answer("check2", Hold("20001"))


async def test_none_objects(own):
    """It has passed; what could not be asked is told of."""
    own(answering(None), answering(None))
    assert await ask(comment("a")) == Answer()
    missing = Unchecked("no openid", never=True)
    own(answering(None), answering(missing))
    assert await ask(comment("a")) == Answer("check1", unchecked=missing)


async def test_one_that_fails_has_no_answer(own, caplog):
    """Whatever it was; the log has it."""
    own(answering(ZeroDivisionError("x")))
    answer = await ask(comment("a"))
    assert (answer.check_name, answer.verdict) == ("check0", None)
    assert answer.unchecked is not None
    assert answer.unchecked.detail == "ZeroDivisionError"
    assert f"The check {NAME}.check0 failed" in caplog.text


async def test_one_that_is_away_is_asked_once_a_second(own, caplog, clock):
    """Its beginning and its end are each one line of the log."""
    calls = []

    async def check(subject):
        calls.append(subject.text)
        if not answers:
            raise Unchecked("no answer")

    answers = False
    own(check)
    for number in range(10):
        assert (await ask(comment(f"{number}"))).unchecked is not None
    assert calls == ["0", "1", "2"]
    await clock.advance(outlook.TRY_EVERY)
    for _ in range(3):
        await ask(comment("again"))
    assert calls == ["0", "1", "2", "again"]
    answers = True
    await clock.advance(outlook.TRY_EVERY)
    assert await ask(comment("there")) == Answer()
    assert await ask(comment("there")) == Answer()
    assert [record.getMessage() for record in caplog.records] == [
        f"The check {NAME}.check0 has no answers: no answer",
        f"The check {NAME}.check0 has answers again",
    ]


async def test_two_of_the_same_name_are_two(own, monkeypatch, settings):
    """That the one of one module is away says nothing of the one of another."""
    own(answering(Unchecked("away")))
    other = ModuleType("another_module")
    vars(other)["check0"] = answering(None)
    monkeypatch.setitem(sys.modules, "another_module", other)
    for _ in range(outlook.FAILURES):
        await ask(comment("a"))
    settings.LIVEROOM_CHECKS = ["another_module.check0"]
    assert await ask(comment("a")) == Answer()


@pytest.mark.parametrize(("mode", "asked"), [("off", False), ("after", True), ("before", True)])
def test_they_are_asked_where_that_is_on(own, settings, mode, asked):
    """And where there are any."""
    settings.LIVEROOM_MSG_CHECK = mode
    own(answering(None))
    assert asks_elsewhere() is asked
    own(lambda subject: None)
    assert not asks_elsewhere()


@pytest.mark.parametrize(
    ("answer", "policy", "code"),
    [
        (Answer(), "closed", None),
        (Answer("c", Refuse()), "open", "content_rejected"),
        (Answer("c", Hold()), "open", "content_rejected"),
        (Answer("c", unchecked=Unchecked("x")), "open", None),
        (Answer("c", unchecked=Unchecked("x")), "closed", "unavailable"),
        (Answer("c", unchecked=Unchecked("x", busy=True)), "closed", "unavailable"),
        (Answer("c", unchecked=Unchecked("x", never=True)), "open", None),
        (Answer("c", unchecked=Unchecked("x", never=True)), "closed", "content_rejected"),
    ],
)
def test_what_becomes_of_a_nickname(settings, answer, policy, code):
    """It is taken or not: nobody waits with one."""
    settings.LIVEROOM_MSG_CHECK_FAIL = policy
    subject = Subject(Kind.NICKNAME, "a")
    if code is None:
        settle_name(subject, answer)
        return
    with pytest.raises(Refused) as refused:
        settle_name(subject, answer)
    assert (refused.value.code, refused.value.field, refused.value.retry) == (code, "nickname", code == "unavailable")
