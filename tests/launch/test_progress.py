"""What a person sees while they wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.launch.progress import Following, step


def test_a_log_is_followed_from_where_it_is_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "load-demo.log"
    log.write_text("of the last time\n", encoding="utf-8")
    following = Following(log)
    following()
    with log.open("a", encoding="utf-8") as handle:
        handle.write("120 clients\n\n300 refer")
    following()
    with log.open("a", encoding="utf-8") as handle:
        handle.write("rals ស្ពាន\n")
    following()
    following()
    assert [line[11:].strip() for line in capsys.readouterr().out.splitlines()] == ["120 clients", "300 referrals ស្ពាន"]


def test_a_step_says_when_it_ends_only_if_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with step("Building", "Built"):
        pass
    with pytest.raises(ValueError, match="rain"), step("Painting", "Painted"):
        raise ValueError("rain")
    said = [line[11:] for line in capsys.readouterr().out.splitlines()]
    assert said == ["Building …", "Built", "Painting …"]
