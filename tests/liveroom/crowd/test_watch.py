"""What a crowd counts of what it saw."""

import json

import pytest

from liveroom.client import Frame, Histogram
from liveroom.crowd import watch as watching
from liveroom.crowd.watch import Decoder, Watch


def comment(seq: int, comment_id: int | None = None) -> Frame:
    return {"msg_type": "message", "seq": seq, "id": comment_id or seq + 1000}


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_from_sending_to_seeing(watch: Watch) -> None:
    """Whether the others have it before its sender is answered, or after."""
    watch.seen(comment(1), here_since=0, now=10.2)
    watch.acknowledged(1, 10.0)
    watch.seen(comment(1), here_since=0, now=10.4)
    assert watch.latency.count == 2
    assert watch.latency.most == pytest.approx(0.4)
    assert watch.latency.percentile(0.5) == pytest.approx(0.2, rel=0.02)


def test_who_came_later_does_not_count(watch: Watch) -> None:
    """He was given it with all that he missed."""
    watch.acknowledged(1, 10.0)
    watch.seen(comment(1), here_since=11, now=12)
    assert watch.latency.count == 0


def test_a_comment_of_somebody_else(watch: Watch) -> None:
    """Nobody knows when it was sent."""
    for _ in range(3):
        watch.seen(comment(1), here_since=0, now=1)
    assert (watch.latency.count, watch.newest) == (0, 1)


def test_a_comment_with_two_numbers(watch: Watch) -> None:
    """It was posted twice; many viewers of one are not that."""
    for seq in (1, 1, 2):
        watch.seen(comment(seq, comment_id=7), here_since=0, now=1)
    assert watch.twice == 1


def test_an_order_that_is_acknowledged_twice(watch: Watch) -> None:
    """Two answers with the same number would be one order for two."""
    for number in ("1", "2", "1"):
        watch.ordered(number)
    assert watch.twice == 1


def test_it_remembers_the_newest_alone(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """An evening's crowd takes no more memory than a minute's."""
    monkeypatch.setattr(watching, "REMEMBERED", 3)
    for seq in range(1, 10):
        watch.seen(comment(seq), here_since=0, now=1)
        watch.acknowledged(seq, 0.5)
    assert (len(watch._sent_at), len(watch._ids), len(watch._early)) == (3, 3, 0)
    watch.seen(comment(1), here_since=0, now=2)
    assert watch.latency.count == 9


def test_the_last_seconds(watch: Watch) -> None:
    """Two turns on, a slow moment is past."""
    watch.acknowledged(1, 0)
    watch.seen(comment(1), here_since=0, now=3)
    assert watch.recent_p99() == pytest.approx(3, rel=0.02)
    watch.turn()
    assert watch.recent_p99() == pytest.approx(3, rel=0.02)
    watch.turn()
    assert watch.recent_p99() is None


def test_each_text_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And forgotten when there are many."""
    monkeypatch.setattr(watching, "DECODED_MAX", 2)
    decode = Decoder()
    first = decode(json.dumps({"a": 1}))
    assert decode(json.dumps({"a": 1})) is first
    for number in range(5):
        assert decode(json.dumps({"b": number})) == {"b": number}
    assert decode(json.dumps({"a": 1})) == first


def test_percentiles() -> None:
    """True to one part in a hundred; nothing without a time; two histograms add up."""
    low, high = Histogram(), Histogram()
    assert low.percentile(0.5) is None
    for ms in range(1, 501):
        low.add(ms / 1000)
        high.add((ms + 500) / 1000)
    low.merge(high)
    for share in (0.01, 0.5, 0.95, 0.99):
        assert low.percentile(share) == pytest.approx(share, rel=0.02)
    assert (low.count, low.most) == (1000, 1.0)
    assert low.percentile(1.0) == pytest.approx(1.0, rel=0.02)
    low.add(0)
    assert low.percentile(0.0001) == pytest.approx(0.0001, rel=0.02)
