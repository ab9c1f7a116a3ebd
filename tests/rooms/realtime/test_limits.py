"""Token buckets, and what one viewer may say and send. Through a socket they are tested with the consumer."""

import pytest

from rooms.messages import Code, Refused, Role
from rooms.realtime.limits import FrameGate, Speaker, TokenBucket


@pytest.fixture
def now(monkeypatch):
    """The clock of the limits: a list whose one item is the time."""
    time = [1000.0]
    monkeypatch.setattr("rooms.realtime.limits.time.monotonic", lambda: time[0])
    return time


def test_a_bucket_is_full_at_first_and_fills_up(now):
    """`burst` at once, then `rate` per second, never more than `burst`."""
    bucket = TokenBucket(2, 3)
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] += 0.5
    assert [bucket.take(), bucket.take()] == [0, 0.5]
    now[0] += 100
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]


def test_take_some(now):
    """As many as there are, in whole pieces."""
    bucket = TokenBucket(10, 50)
    assert [bucket.take_some(40), bucket.take_some(40), bucket.take_some(40)] == [40, 10, 0]
    now[0] += 0.25
    assert bucket.take_some(40) == 2


@pytest.mark.parametrize(("rate", "burst"), [(0, 0), (0, 3), (1, 0)])
def test_no_rate_or_no_burst_is_no_limit(now, rate, burst):
    """0 for either gives everything at once."""
    bucket = TokenBucket(rate, burst)
    assert ([bucket.take() for _ in range(9)], bucket.take_some(1000)) == ([0] * 9, 1000)


def test_idle(now):
    """A bucket is idle when it is full again."""
    bucket = TokenBucket(1, 3)
    assert bucket.idle
    bucket.take()
    after = bucket.idle
    bucket.give_back()
    assert (after, bucket.idle) == (False, True)


def test_a_speaker_is_remembered_while_it_matters(now, settings):
    """Until his rates are full again and the same text is no repeat."""
    settings.LIVEROOM_RATE, settings.LIVEROOM_BURST, settings.LIVEROOM_REPEAT = 1, 3, 5
    speaker = Speaker(Role.VIEWER)
    idle = [speaker.idle]
    speaker.judge("hi")
    for seconds in (4.9, 0.2):
        now[0] += seconds
        idle.append(speaker.idle)
    assert idle == [True, False, True]


def test_repeats_can_be_switched_off(now, settings):
    """LIVEROOM_REPEAT 0 lets the same text pass at once."""
    settings.LIVEROOM_REPEAT = 0
    speaker = Speaker(Role.VIEWER)
    assert [speaker.judge("hi"), speaker.judge("hi")] == [None, None]


def test_every_text_of_the_last_seconds_is_a_repeat(now, settings):
    """Not only the last one: saying two in turn is repeating too."""
    settings.LIVEROOM_RATE, settings.LIVEROOM_REPEAT = 0, 5
    speaker = Speaker(Role.VIEWER)
    assert [speaker.judge("a"), speaker.judge("b")] == [None, None]
    now[0] += 3
    refused = speaker.judge("a")
    assert refused is not None
    assert (refused.code, refused.retry_after) == (Code.DUPLICATE_CONTENT, 2)
    now[0] += 2
    assert speaker.judge("a") is None


def test_a_comment_that_was_there_already_undoes_only_itself(now, settings):
    """What was said before it is a repeat still."""
    settings.LIVEROOM_RATE, settings.LIVEROOM_REPEAT = 0, 5
    speaker = Speaker(Role.VIEWER)
    assert [speaker.judge("a"), speaker.judge("b")] == [None, None]
    speaker.forgive("b")
    codes = [refused and refused.code for refused in map(speaker.judge, ["b", "a"])]
    assert codes == [None, Code.DUPLICATE_CONTENT]


def test_a_repeat_is_not_counted_as_a_comment(now, settings):
    """A refused repeat costs no token, and a refused comment is none to repeat."""
    settings.LIVEROOM_BURST, settings.LIVEROOM_RATE = 2, 1
    speaker = Speaker(Role.VIEWER)
    codes = [refused and refused.code for refused in map(speaker.judge, ["a", "a", "b", "c", "b"])]
    assert codes == [None, Code.DUPLICATE_CONTENT, None, Code.RATE_LIMITED, Code.DUPLICATE_CONTENT]


def test_likes_have_a_rate(now, settings):
    """So many a second, and no more at once."""
    settings.LIVEROOM_LIKE_RATE = 5
    likes = Speaker(Role.VIEWER).likes
    assert [likes.take_some(3), likes.take_some(50), likes.take_some(1)] == [3, 2, 0]
    now[0] += 0.5
    assert likes.take_some(50) == 2
    settings.LIVEROOM_LIKE_RATE = 0
    assert Speaker(Role.VIEWER).likes.take_some(50) == 50


def test_staff_have_their_own_rate(now, settings):
    """0 is no limit for them too."""
    settings.LIVEROOM_STAFF_RATE, settings.LIVEROOM_REPEAT = 0, 0
    for role in (Role.HOST, Role.ASSISTANT):
        speaker = Speaker(role)
        assert [speaker.judge("x") for _ in range(50)] == [None] * 50


def test_a_gate_counts_by_the_second(now, settings):
    """The first frame after a second begins the next one."""
    settings.LIVEROOM_FRAME_RATE = 2
    gate = FrameGate()
    gate.count()
    gate.count()
    with pytest.raises(Refused) as refused:
        gate.count()
    assert (refused.value.code, refused.value.retry_after, refused.value.limit) == (Code.RATE_LIMITED, 1, 2)
    now[0] += 1
    gate.count()
