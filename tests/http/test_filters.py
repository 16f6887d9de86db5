from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from app.core import clock
from app.http import filters

NOON = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


@pytest.mark.usefixtures("english")
def test_moments_are_written_in_phnom_penh_time() -> None:
    assert filters.moment(NOON) == "22 Nov 2026, 14:30"
    assert filters.day(datetime(2026, 11, 22, 17, 30, tzinfo=UTC)) == "23 Nov 2026"
    assert filters.weekday(NOON) == "Sunday 22 Nov 2026"
    assert filters.day(date(2026, 3, 1)) == "1 Mar 2026"
    assert filters.clock_time(time(9, 5)) == "09:05"
    assert filters.isotime(NOON) == "2026-11-22T14:30+07:00"


def test_khmer_months_have_latin_digits(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "km"}):
        assert filters.moment(NOON) == "22 វិច្ឆិកា 2026, 14:30"


def test_a_moment_without_a_zone_is_a_mistake(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(ValueError, match="time zone"):
        filters.moment(datetime(2026, 11, 22, 7, 30))  # noqa: DTZ001 - the mistake


@pytest.mark.usefixtures("english")
def test_lengths_of_time_in_words() -> None:
    assert filters.duration(90) == "90 minutes"
    assert filters.duration(timedelta(hours=30)) == "30 hours"
    assert filters.duration(timedelta(days=3)) == "3 days"
    assert filters.hours_minutes(200) == "3 h 20 min"
    assert filters.hours_minutes(59.6) == "1 h 0 min"
    assert filters.hours_minutes(52 * 60) == "2 d 4 h"
    with clock.at(NOON):
        assert filters.relative(NOON - timedelta(hours=3)) == "3 hours ago"
        assert filters.relative(NOON + timedelta(days=2)) == "in 2 days"


@pytest.mark.usefixtures("english")
def test_numbers() -> None:
    assert filters.khr(Decimal(12000)) == "12,000 ៛"
    assert filters.number(1234.5) == "1,234.5"
    assert filters.percent(2, 3) == "67 %"
    assert filters.percent(0, 0) == "–"


def test_the_text_in_the_readers_language_or_the_one_there_is(app: Flask) -> None:
    both = {"km": "ស្ពាន", "en": "Bridge"}
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert filters.in_language(both) == "Bridge"
        assert filters.in_language({"km": "ស្ពាន", "en": ""}) == "ស្ពាន"
    with app.test_request_context(headers={"Accept-Language": "km"}):
        assert filters.in_language(both) == "ស្ពាន"
        assert filters.in_language({"en": "Bridge"}) == "Bridge"
        assert filters.in_language({}) == ""


@pytest.mark.usefixtures("english")
def test_messages_take_their_parameters() -> None:
    assert filters.translated("Enter %(least)s or more.", {"least": 3}) == "Enter 3 or more."


def test_a_filter_of_a_constant_follows_the_reader(app: Flask) -> None:
    template = "{{ 75|hours_minutes }} {{ 'Phone'|t }}"
    compiled = app.jinja_env.from_string(template)
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert compiled.render() == "1 h 15 min Phone"
    with app.test_request_context(headers={"Accept-Language": "km"}):
        assert compiled.render() == "1 ម៉ោង 15 នាទី ទូរសព្ទ"
