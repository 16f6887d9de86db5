"""The rules by which a process is started again: every case, no process."""

from __future__ import annotations

from itertools import pairwise, product

import pytest

from app.launch import restarts
from app.launch.restarts import LONGEST_DELAY, RAN_WELL, TRIAL, TRIES, Past

SHORT, WELL = RAN_WELL - 1, RAN_WELL


def in_a_row(ends: int, *, ran: float, ready: bool) -> list[Past]:
    pasts = [Past()]
    for _ in range(ends):
        pasts.append(restarts.after_end(pasts[-1], ran=ran, ready=ready))
    return pasts[1:]


def test_the_delays_double_up_to_half_a_minute() -> None:
    assert [restarts.delay(past) for past in in_a_row(8, ran=SHORT, ready=True)] == [1, 2, 4, 8, 16, 30, 30, 30]
    assert restarts.delay(in_a_row(5000, ran=0, ready=False)[-1]) == LONGEST_DELAY


def test_what_ran_well_begins_anew_with_a_second() -> None:
    for past in in_a_row(9, ran=SHORT, ready=True):
        again = restarts.after_end(past, ran=WELL, ready=True)
        assert (restarts.delay(again), restarts.is_told(again)) == (1, True)


def test_what_was_never_ready_did_not_run_well_however_long_it_took() -> None:
    pasts = in_a_row(4, ran=10 * WELL, ready=False)
    assert [restarts.delay(past) for past in pasts] == [1, 2, 4, 8]
    assert [past.failures for past in pasts] == [1, 2, 3, 4]


@pytest.mark.parametrize("ready", [True, False])
def test_an_incident_is_told_once(*, ready: bool) -> None:
    assert [restarts.is_told(past) for past in in_a_row(50, ran=SHORT, ready=ready)] == [True] + 49 * [False]


@pytest.mark.parametrize(
    ("past", "ran", "ready", "over"),
    [
        (Past(), WELL, True, False),
        (Past(ends=1), WELL, True, True),
        (Past(ends=9, failures=3), WELL, True, True),
        (Past(ends=1), SHORT, True, False),
        (Past(ends=1), WELL, False, False),
    ],
)
def test_an_incident_is_over_when_it_ran_well(past: Past, ran: float, *, ready: bool, over: bool) -> None:
    assert restarts.is_over(past, ran=ran, ready=ready) is over


def test_only_what_all_need_is_given_up_and_only_after_several_tries() -> None:
    for vital, failures, ends in product((True, False), range(2 * TRIES), (1, 100)):
        expected = vital and failures >= TRIES
        assert restarts.gives_up(Past(ends=ends, failures=failures), vital=vital) is expected


def test_what_comes_back_each_time_is_never_given_up() -> None:
    assert not any(restarts.gives_up(past, vital=True) for past in in_a_row(1000, ran=0, ready=True))


def test_a_start_that_succeeds_forgives_those_that_failed() -> None:
    failed = in_a_row(TRIES - 1, ran=0, ready=False)[-1]
    back = restarts.after_end(failed, ran=SHORT, ready=True)
    assert (back.failures, back.ends) == (0, TRIES)
    assert not restarts.gives_up(restarts.after_end(back, ran=0, ready=False), vital=True)


def test_giving_up_takes_half_a_minute_at_least() -> None:
    first = restarts.after_end(Past(), ran=1000, ready=True)
    pasts = [first]
    while not restarts.gives_up(pasts[-1], vital=True):
        pasts.append(restarts.after_end(pasts[-1], ran=0, ready=False))
    delays = [restarts.delay(past) for past in pasts[:-1]]
    assert len(delays) == TRIES
    assert sum(delays) >= 30
    assert all(later >= sooner for sooner, later in pairwise(delays))


@pytest.mark.parametrize(
    ("past", "code", "ran", "wrong"),
    [
        (Past(), 1, 0.5, True),
        (Past(), 3, TRIAL - 0.1, True),
        (Past(), 1, TRIAL, False),
        (Past(), 0, 0.5, False),
        (Past(), -9, 0.5, False),
        (Past(), -11, 0.5, False),
        (Past(ends=1), 1, 0.5, False),
        (Past(failures=1), 1, 0.5, False),
    ],
)
def test_a_bad_setting_ends_the_first_start(past: Past, code: int, ran: float, *, wrong: bool) -> None:
    assert restarts.was_wrong_from_the_start(past, code=code, ran=ran) is wrong
