"""Invented names: common ones, thrown together by dice. Each is (Khmer, Latin)."""

from __future__ import annotations

from random import Random

Spelled = tuple[str, str]

_FAMILY: tuple[Spelled, ...] = (
    ("ចាន់", "Chan"), ("ហេង", "Heng"), ("គីម", "Kim"), ("លី", "Ly"), ("ម៉ៅ", "Mao"), ("ញ៉ែម", "Nhem"),
    ("អ៊ុំ", "Um"), ("ប៉ែន", "Pen"), ("ផាន", "Phan"), ("ប្រាក់", "Prak"), ("សេង", "Seng"), ("ស៊ឹម", "Sim"),
    ("សោម", "Som"), ("តាន់", "Tan"), ("ទិត្យ", "Tith"), ("ទូច", "Touch"), ("វ៉ាន់", "Vann"), ("យឹម", "Yim"),
    ("យិន", "Yin"), ("ឈិន", "Chhin"), ("ឃុន", "Khun"), ("នាង", "Neang"),
)  # fmt: skip
_MEN: tuple[Spelled, ...] = (
    ("បញ្ញា", "Panha"), ("ចាន់ថន", "Chanthorn"), ("ដារ៉ា", "Dara"), ("កុសល", "Kosal"), ("មករា", "Makara"),
    ("មុនី", "Mony"), ("ណារិទ្ធ", "Narith"), ("ផល្លា", "Phalla"), ("ពិសិដ្ឋ", "Piseth"), ("រតនា", "Rattana"),
    ("រិទ្ធី", "Rithy"), ("សំណាង", "Samnang"), ("សារិន", "Sarin"), ("សុវណ្ណ", "Sovann"), ("វាសនា", "Veasna"),
    ("វិបុល", "Vibol"), ("វិសាល", "Visal"), ("វុទ្ធី", "Vuthy"), ("បូរី", "Borey"), ("រស្មី", "Reaksmey"),
)  # fmt: skip
_WOMEN: tuple[Spelled, ...] = (
    ("បុប្ផា", "Bopha"), ("ចន្ធូ", "Chanthou"), ("ចិន្តា", "Chenda"), ("ដាវី", "Davy"), ("កល្យាណ", "Kalyan"),
    ("គន្ធា", "Kunthea"), ("លក្ខិណា", "Leakhena"), ("ម៉ាលីស", "Malis"), ("ផល្លី", "Phally"), ("រចនា", "Rachana"),
    ("រត្ថា", "Ratha"), ("ស៊ីណា", "Sina"), ("សុភា", "Sophea"), ("ស្រីមុំ", "Sreymom"), ("ស្រីនាង", "Sreyneang"),
    ("ថាវី", "Thavy"), ("ធារី", "Theary"), ("វណ្ណា", "Vanna"), ("ពិសី", "Pisey"),
)  # fmt: skip
_CALLED: tuple[Spelled, ...] = (
    ("បង", "Bong"), ("ពូ", "Pu"), ("មីង", "Ming"), ("អា", "A"), ("តា", "Ta"), ("ក្មួយ", "Kmuoy"),
)  # fmt: skip
_NICKNAMES: tuple[Spelled, ...] = (
    ("តូច", "Toch"), ("ខ្មៅ", "Khmao"), ("សរ", "Sor"), ("ធំ", "Thom"), ("ចាប", "Chab"), ("ផ្កា", "Phka"),
    ("ដូង", "Dong"), ("ស្វាយ", "Svay"), ("ឆ្មា", "Chhma"), ("ត្រី", "Trey"), ("ផ្កាយ", "Phkay"),
    ("ម្លិះ", "Mlis"), ("ទន្សាយ", "Tonsay"), ("ត្នោត", "Tnaot"), ("ភ្លៀង", "Phlieng"), ("ខ្យល់", "Khyol"),
    ("ដំរី", "Damrey"), ("ក្រូច", "Krouch"), ("ម្ទេស", "Mtes"), ("ពពក", "Popok"), ("ទឹកឃ្មុំ", "Teukkhmum"),
    ("ក្ងោក", "Kngaok"), ("ឫស្សី", "Ruessey"), ("អំពៅ", "Ampov"), ("ខ្នុរ", "Khnor"), ("ស្លា", "Sla"),
)  # fmt: skip


def name(dice: Random, *, woman: bool, khmer: bool) -> str:
    """Family name and given name, as Khmer orders them."""
    given = dice.choice(_WOMEN if woman else _MEN)
    return _written(khmer, dice.choice(_FAMILY), given)


def alias(dice: Random, *, khmer: bool) -> str:
    """A nickname, more often than not with the word by which elders or friends are addressed."""
    nickname = dice.choice(_NICKNAMES)
    return _written(khmer, dice.choice(_CALLED), nickname) if dice.random() < 0.7 else nickname[0 if khmer else 1]


def phone(dice: Random) -> str:
    """No subscriber's number begins with 000: nobody's phone rings."""
    return f"010 000 {dice.randrange(1000):03d}"


def _written(khmer: bool, *words: Spelled) -> str:  # noqa: FBT001 - which of two spellings
    return " ".join(word[0 if khmer else 1] for word in words)
