"""What a subscribe message says."""

from datetime import datetime

import pytest

from accounts.wechat.messages import chinese_time, message_data

VALUES = {"title": "周末茶会", "host": "李雷", "time": "2019年10月1日 15:01"}


def test_a_template_is_filled_in() -> None:
    """Its fields are the operator's; what stands around a value stays."""
    entries = ["thing1={title}", "thing2={host}开播了", "time3={time}", "character_string10=1"]
    assert message_data(entries, VALUES) == {
        "thing1": "周末茶会",
        "thing2": "李雷开播了",
        "time3": "2019年10月1日 15:01",
        "character_string10": "1",
    }


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("thing1={title}", "x" * 19 + "…"),
        ("name1={title}", "x" * 9 + "…"),
        ("phrase1={title}", "xxxx…"),
        ("date1={title}", "x" * 100),
    ],
)
def test_a_value_is_as_short_as_it_must_be(entry: str, said: str) -> None:
    """One character more and WeChat refuses the whole message."""
    assert list(message_data([entry], {"title": "x" * 100}).values()) == [said]
    assert list(message_data([entry], {"title": "x" * 5}).values()) == ["x" * 5]


@pytest.mark.parametrize(("title", "said"), [("", "-"), (" \n ", "-"), ("a\nb\x00c", "a b c")])
def test_a_value_is_one_line_that_says_something(title: str, said: str) -> None:
    """Nothing, and a line that is broken, are refused too."""
    assert message_data(["thing1={title}"], {"title": title}) == {"thing1": said}


def test_a_field_that_is_none() -> None:
    """The settings refuse it at the start."""
    with pytest.raises(ValueError, match="'Title' is no field"):
        message_data(["Title"], VALUES)


def test_a_time_as_wechat_takes_it() -> None:
    """Without zeros before the month and the day, with them in the hour and the minute."""
    assert chinese_time(datetime(2019, 10, 1, 5, 7)) == "2019年10月1日 05:07"  # noqa: DTZ001
