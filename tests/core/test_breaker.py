from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Thread

from app.core.breaker import Breaker

PAUSE_S, LOOK_S = 0.2, 0.4


def elsewhere(breaker: Breaker) -> bool:
    """Whether another thread may ask."""
    found: list[bool] = []
    thread = Thread(target=lambda: found.append(breaker.allows()))
    thread.start()
    thread.join()
    return found[0]


def failing() -> Breaker:
    breaker = Breaker(5, pause_s=PAUSE_S, look_s=LOOK_S)
    assert breaker.failed()
    return breaker


def test_while_all_is_well_everybody_asks() -> None:
    breaker = Breaker(5, pause_s=PAUSE_S)
    assert breaker.allows()
    assert elsewhere(breaker)
    assert not breaker.answered()
    assert breaker.patience_s == 5


def test_after_a_failure_nobody_asks_for_a_while_and_it_is_news_once() -> None:
    breaker = failing()
    assert breaker.is_open
    assert not breaker.allows()
    assert not breaker.failed()
    assert breaker.patience_s == LOOK_S


def test_of_many_who_come_then_one_looks() -> None:
    breaker, barrier = failing(), Barrier(8)
    time.sleep(PAUSE_S)

    def come() -> bool:
        barrier.wait()
        may = breaker.allows()
        barrier.wait()
        return may and breaker.allows()  # whoever looks may go on: to connect is one wait, to ask another

    with ThreadPoolExecutor(8) as pool:
        assert [future.result() for future in [pool.submit(come) for _ in range(8)]].count(True) == 1


def test_its_answer_lets_everybody_ask_again_at_once() -> None:
    breaker = failing()
    time.sleep(PAUSE_S)
    assert breaker.allows()
    assert not elsewhere(breaker)
    assert breaker.answered()
    assert elsewhere(breaker)
    assert not breaker.is_open


def test_who_looks_in_vain_leaves_it_to_the_next_one() -> None:
    breaker = failing()
    time.sleep(PAUSE_S)
    assert breaker.allows()
    breaker.failed()
    assert not elsewhere(breaker)
    time.sleep(PAUSE_S)
    assert elsewhere(breaker)


def test_who_looks_and_never_comes_back_holds_nobody_up() -> None:
    breaker = failing()
    time.sleep(PAUSE_S)
    assert breaker.allows()
    time.sleep(LOOK_S)
    assert elsewhere(breaker)


def test_the_failure_of_one_who_asked_before_does_not_make_two_look() -> None:
    breaker = failing()
    time.sleep(PAUSE_S)
    assert breaker.allows()
    thread = Thread(target=breaker.failed)
    thread.start()
    thread.join()
    assert not elsewhere(breaker)
