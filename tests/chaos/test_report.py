"""How long people were not served, and how that is told."""

from __future__ import annotations

from app.chaos import report
from app.chaos.probing import Probe, sentences, unserved
from app.chaos.striking import Struck
from app.chaos.verdicts import Verdict


def probes(*answers: tuple[float, int]) -> list[Probe]:
    said = {503: "Spean is away for a moment.", 0: "connection refused"}
    return [Probe(at, at + 0.1, status, said.get(status, "")) for at, status in answers]


def test_served_all_the_time() -> None:
    assert unserved(probes((1, 200), (2, 200)), 0.5, 3) == 0.0


def test_not_served_until_the_last_failure_is_over() -> None:
    asked = probes((1, 503), (2, 200), (3, 0), (4, 200), (5, 200))

    assert round(unserved(asked, 1.0, 6), 3) == 3.1
    assert sentences(asked, 1.0, 6) == ["503 Spean is away for a moment.", "— connection refused"]


def test_not_served_to_the_end() -> None:
    assert unserved(probes((1, 200), (2, 503)), 1.5, 9.5) == 8.0


def test_an_answer_after_more_than_two_seconds_is_late() -> None:
    asked = [Probe(1, 4.5, 200, ""), Probe(4.7, 4.8, 200, "")]

    assert round(unserved(asked, 1.0, 6), 3) == 3.8
    assert sentences(asked, 1.0, 6) == ["late answers"]


def test_a_failure_of_another_fault_is_not_counted() -> None:
    asked = probes((1, 503), (2, 200), (3, 200))

    assert unserved(asked, 1.5, 4) == 0.0
    assert sentences(asked, 1.5, 4) == []


def test_the_table_of_faults() -> None:
    struck = [Struck("web killed", 1, 3, survived=True), Struck("web killed", 5, 9, survived=False)]

    table = report.faults_table(struck, probes((1.2, 0), (2, 200), (5.2, 503), (6.2, 200)))

    assert "| web killed | 2 | 1 | 1.3 | 503 Spean is away for a moment.; — connection refused |" in table


def test_violations_are_told_by_reference_and_with_a_place_to_look() -> None:
    verdicts = [
        Verdict("well", 3, (), "nowhere"),
        Verdict("broken", 20, tuple(f"referral {number}" for number in range(12)), "app/core/db.py"),
    ]

    said = report.violations(verdicts)

    assert said.startswith("VIOLATED: broken (12 of 20). See app/core/db.py\n    referral 0\n")
    assert said.endswith("and 2 more")
    assert "| broken | 20 | 12 |" in report.invariants_table(verdicts)
