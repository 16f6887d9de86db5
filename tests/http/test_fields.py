from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from enum import StrEnum

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.core.errors import Conflict, Invalid, NotFound
from app.http.forms import (
    AreaField,
    Between,
    ChoiceField,
    DateField,
    NumberField,
    RadiosField,
    Required,
    SpeanForm,
    TextField,
    TickField,
    TicksField,
    TimeField,
    choices,
    named,
)

pytestmark = pytest.mark.usefixtures("english")


class Way(StrEnum):
    PHONE = "phone"
    VISIT = "visit"


WORDS: Mapping[Way, str] = {Way.PHONE: "Phone", Way.VISIT: "Visit"}


class Form(SpeanForm):
    name = TextField("Name", [Required("Enter a name.")], longest=10)
    note = AreaField("Note")
    places = NumberField("Places", [Between(1, 50)])
    at = TimeField("Time")
    on = DateField("Date", [Required("Enter a date.")])
    way = ChoiceField("Way", [Required("Choose a way.")], choices=choices(WORDS))
    best = RadiosField("Best way", choices=choices(WORDS))
    ways = TicksField("Ways", choices=choices(WORDS))
    sure = TickField("Sure", [Required("Tick the box.")])


WELL = {"name": "Dara", "on-day": "1", "on-month": "2", "on-year": "2026", "way": "phone", "sure": "y"}


def sent(**values: str) -> Form:
    form = Form(formdata=MultiDict({**WELL, **{name.replace("__", "-"): value for name, value in values.items()}}))
    form.validate()
    return form


def test_a_form_filled_in_well() -> None:
    form = sent()
    assert form.errors == {}
    assert form.status == 200
    assert (form.name.data, form.note.data, form.places.data, form.at.data) == ("Dara", "", None, None)
    assert (form.on.data, form.way.data, form.best.data, form.ways.data) == (date(2026, 2, 1), "phone", None, [])


def test_khmer_digits_and_invisible_characters() -> None:
    form = sent(name="\u200bដា\u200bរ៉ា  ៧ ", places="១២", at="១៤:៣០", on__day="២២", on__month="១១", on__year="២០២៦")
    assert form.errors == {}
    assert form.name.data == "ដារ៉ា 7"
    assert form.places.data == 12
    assert form.at.data == time(14, 30)
    assert form.on.data == date(2026, 11, 22)


def test_long_text_keeps_its_line_breaks_and_khmer_spaces() -> None:
    assert sent(note=" មួយ\u200bពីរ\r\nបី ").note.data == "មួយ\u200bពីរ\nបី"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("14:30", time(14, 30)), ("1430", time(14, 30)), ("9.05", time(9, 5)), ("9", time(9)), ("0:00", time(0)),
     ("24:00", None), ("14:60", None), ("noon", None), ("1:2", None), ("٣", None)],
)  # fmt: skip
def test_times(typed: str, meant: time | None) -> None:
    form = sent(at=typed)
    assert form.at.data == meant
    assert ("at" in form.errors) == (meant is None)
    if meant is None:
        assert form.errors["at"] == ["Enter a time of day, such as 14:30."]
        assert form.at._value() == typed


@pytest.mark.parametrize(
    ("day", "month", "year", "sentence"),
    [
        ("31", "2", "2026", "There is no such date. Check the day and the month."),
        ("0", "1", "2026", "There is no such date. Check the day and the month."),
        ("1", "13", "2026", "There is no such date. Check the day and the month."),
        ("", "1", "2026", "The date needs a day."),
        ("1", "", "2026", "The date needs a month."),
        ("1", "1", "", "The date needs a year."),
        ("1", "1", "26", "Write the year with four digits, such as 2026."),
        ("1", "1", "0026", "Write the year with four digits, such as 2026."),
        ("first", "1", "2026", "Write the date in numbers, such as 27 3 2026."),
        ("1", "1", "99999999999", "Write the date in numbers, such as 27 3 2026."),
        ("", "", "", "Enter a date."),
    ],
)
def test_dates_that_cannot_be(day: str, month: str, year: str, sentence: str) -> None:
    form = sent(on__day=day, on__month=month, on__year=year)
    assert form.errors["on"] == [sentence]
    assert form.on.data is None
    assert form.on.typed == {"day": day, "month": month, "year": year}
    assert form.summary() == [("on-day", sentence)]
    assert form.status == 422


def test_a_leap_day() -> None:
    assert sent(on__day="29", on__month="2", on__year="2028").on.data == date(2028, 2, 29)
    assert "on" in sent(on__day="29", on__month="2", on__year="2027").errors


def test_a_date_that_is_known_fills_its_boxes() -> None:
    form = Form(formdata=None, on=date(2026, 3, 9), at=time(8, 5), places=4)
    assert form.on.typed == {"day": "9", "month": "3", "year": "2026"}
    assert form.at._value() == "08:05"
    assert form.places._value() == "4"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("0", "Enter 1 or more."), ("51", "Enter 50 or less."), ("many", "Enter a whole number, such as 12."),
     ("1.5", "Enter a whole number, such as 12.")],
)  # fmt: skip
def test_numbers_that_cannot_be(typed: str, sentence: str) -> None:
    form = sent(places=typed)
    assert form.errors["places"] == [sentence]
    assert form.places._value() == typed


def test_what_is_missing_is_named_by_its_label() -> None:
    class Short(SpeanForm):
        name = TextField("Name", [Required()])

    form = Short(formdata=MultiDict({"name": " \u200b "}))
    form.validate()
    assert form.errors == {"name": ["Fill in: Name"]}


def test_what_is_missing_is_said_once_each_in_the_order_of_the_page() -> None:
    form = Form(formdata=MultiDict({"csrf_token": "x"}))
    form.validate()
    assert form.summary() == [
        ("name", "Enter a name."),
        ("on-day", "Enter a date."),
        ("way", "Choose a way."),
        ("sure", "Tick the box."),
    ]


@pytest.mark.parametrize("field", ["way", "best", "ways"])
def test_an_answer_that_was_not_offered(field: str) -> None:
    assert sent(**{field: "pigeon"}).errors[field] == ["Choose one of the answers in the list."]


def test_text_that_is_too_long() -> None:
    assert sent(name="x" * 11).errors["name"] == ["This is too long: use 10 characters or fewer."]
    assert sent(note="x" * 4001).errors["note"] == ["This is too long: use 4000 characters or fewer."]


def test_answers_that_are_data() -> None:
    form = Form(formdata=None)
    form.way.choices = named([(7, "Chbar Ampov")], {7: "Nearly full"})
    (only,) = form.way.iter_choices()
    assert (only.value, only.label, only.render_kw) == ("7", "Chbar Ampov", {"hint": "Nearly full"})


def test_what_a_use_case_refuses_comes_back_to_its_field() -> None:
    form = sent()
    with form.taking_errors():
        raise Invalid("Enter %(least)s or more.", field="places", least=9)
    assert form.errors == {"places": ["Enter 9 or more."]}
    assert form.summary() == [("places", "Enter 9 or more.")]
    assert form.status == 422


def test_what_belongs_to_no_field_goes_to_the_top() -> None:
    form = sent()
    with form.taking_errors():
        raise Invalid.many({"name": ("Enter a date.", {}), "elsewhere": ("Please sign in.", {})})
    assert form.summary() == [("", "Please sign in."), ("name", "Enter a date.")]


def test_a_conflict_is_told_at_the_top_and_as_409() -> None:
    form = sent()
    with form.taking_errors():
        raise Conflict
    assert form.summary() == [("", "This has changed since you opened it. Look at it again.")]
    assert form.status == 409


def test_what_is_not_found_is_no_business_of_the_form() -> None:
    with pytest.raises(NotFound), sent().taking_errors():
        raise NotFound


def test_errors_are_in_the_readers_language(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "km"}):
        sentences = [sentence for _id, sentence in sent(at="x", places="x", way="x", on__day="99").summary()]
    assert len(sentences) == 4
    assert all(any("\u1780" <= sign <= "\u17ff" for sign in sentence) for sentence in sentences)
