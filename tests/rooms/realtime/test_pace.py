"""When a hub rests for long: where a rest gathers, and now and then to see whether it would."""

from itertools import pairwise

from rooms.realtime.pace import ALONE_MAX, REST_ALONE, REST_EACH, REST_MAX, REST_MIN, Pace


def rest(pace: Pace, events: int = 1, *, sums: bool = False, viewers: int = 1000, worked: float = 0.005) -> float:
    return pace.rest(events=events, sums=sums, viewers=viewers, worked=worked)


def passes(every: float, *, seconds: float, viewers: int, each: float) -> list[int]:
    """How many events each pass of a room has, where one comes ``every`` s and a viewer costs ``each`` s."""
    pace, now, waiting, gathered = Pace(), 0.0, 1, []
    coming = every
    while now < seconds:
        gathered.append(waiting)
        lasted = each * viewers
        now += lasted + rest(pace, waiting, viewers=viewers, worked=lasted)
        now = max(now, coming)
        waiting = 1 + int((now - coming) / every)
        coming += waiting * every
    return gathered


def test_an_event_alone_is_hardly_rested_after():
    """Who answers it need not wait until a rest is over."""
    assert rest(Pace()) == REST_ALONE


def test_nobody_has_the_loop_alone():
    """After a long pass at least a fifth of the time is the others', whatever it told."""
    assert rest(Pace(), worked=0.1) == 0.025
    assert rest(Pace(), worked=5) == REST_MAX


def test_where_each_waits_for_the_last_one_rests_are_tried_ever_less_often():
    """Between two of them twice as many events go out, up to a bound."""
    pace = Pace()
    tried = [number for number in range(1, 500) if rest(pace) > REST_ALONE]
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    assert tried[0] == 2
    assert gaps[:6] == [3, 5, 9, 17, 33, 65]
    assert set(gaps[6:]) == {ALONE_MAX + 1}


def test_rests_that_gather_go_on():
    """One that brought a single event is followed by a short one, and tried again after the next."""
    pace = Pace()
    rests = [rest(pace, events) for events in (3, 2, 5, 1, 1, 1, 2, 2)]
    assert [each > REST_ALONE for each in rests] == [True, True, True, False, False, True, True, True]


def test_sums_gather_always():
    """Likes, joins and numbers online are worth a rest whatever else there is."""
    pace = Pace()
    for events in (0, 1, 1, 0, 1):
        assert rest(pace, events, sums=True) == REST_MIN


def test_a_pass_that_told_nobody_anything_is_no_trial():
    """Its rest is short: that it brought one event says nothing of a long one, which is tried as if it had not been."""
    pace, between = Pace(), Pace()
    expected = [rest(pace, viewers=5000) for _ in range(40)]
    seen = []
    for _ in range(40):
        seen.append(rest(between, viewers=5000))
        assert rest(between, 0, viewers=5000) == REST_MIN
    assert seen == expected


def test_a_rest_is_by_the_viewers_and_by_the_work():
    """With a bound either way."""
    assert rest(Pace(), 2, viewers=10) == REST_MIN
    assert rest(Pace(), 2, viewers=5000) == 5000 * REST_EACH
    assert rest(Pace(), 2, worked=0.2) == 0.4
    assert rest(Pace(), 2, worked=3) == REST_MAX


def test_events_that_just_miss_each_other_come_to_share_a_write():
    """20 a second, and 38 ms for each alone: three quarters of a core, were it not tried."""
    gathered = passes(0.05, seconds=10, viewers=5000, each=7.5e-6)
    assert len(gathered) < 50
    assert min(gathered[3:]) > 1


def test_where_few_come_each_goes_out_at_once():
    """One a second: no pass has two."""
    assert set(passes(1.0, seconds=20, viewers=5000, each=7.5e-6)) == {1}
