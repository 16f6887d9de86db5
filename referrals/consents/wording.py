"""What is read out before permission is given, word for word, by version and language.

A version that has been used is never edited: somebody agreed to exactly these words. A test holds the
fingerprint of each. New wording is a new version. It bypasses gettext, so that no later translation changes
what was agreed to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from referrals.life.disclosure import Category

CURRENT = "2026-11"
LANGUAGES = ("km", "en")


@dataclass(frozen=True)
class Wording:
    """Paragraphs with the holes {programme}, {organisation}, {categories} and {until}."""

    paragraphs: tuple[str, ...]
    minor: str
    """One more paragraph, read out when the person may be under 18."""
    categories: dict[Category, str]
    join: str


_EN_2026_11 = Wording(
    paragraphs=(
        ("We would like to ask {programme} at {organisation} to receive you. We do it only if you say yes."),
        (
            "You may say no. You may say yes to some things and no to others. Whatever you say, we go on "
            "helping you as before: needles, health care and everything else do not depend on it."
        ),
        (
            "Before they answer, they see only what kind of help you look for, how soon, your age group, "
            "your language, the khan where you stay, what you need to be able to come, and, if they ask "
            "and you agree, your gender and yes or no to their questions. They do not see your name or "
            "your phone number."
        ),
        ("If they say that you can come, and only then, they see what you allow now: {categories}. Nothing else."),
        (
            "Your permission is for this programme alone, so that it can receive you, and it ends on "
            "{until}. Police and commune offices do not see any of it."
        ),
        (
            "You may take your permission back at any time, here or there, without saying why. From then "
            "on they can no longer open what we sent."
        ),
        (
            "What we cannot call back: what somebody has read already, and what they wrote into their own "
            "records. Their own records stay with them and are kept secret by them. A locked safety copy "
            "may still hold the key for some time until it is overwritten."
        ),
        "Do you have any questions? Do you agree?",
    ),
    minor=(
        "You are young, so we take special care. It is your own word that counts: we go on only if "
        "you want it. If there is a grown-up whom you trust, they may be here too. If that would not "
        "be safe for you, tell us."
    ),
    categories={
        Category.IDENTITY: "the name that you use and your year of birth",
        Category.PHONE: "your phone number and how to reach you safely",
        Category.HEALTH: "your general health",
        Category.HEALTH_HIV: "what you told us about HIV",
        Category.DRUG_USE: "what you told us about drug use",
        Category.MENTAL_HEALTH: "what you told us about your mind and mood",
        Category.LEGAL: "your papers and legal matters",
    },
    join="; ",
)

# review: a native speaker of Khmer, best an outreach worker, must read the whole of this aloud before it is
# used with clients: plain, spoken, respectful, and the same in meaning as the English.
_KM_2026_11 = Wording(
    paragraphs=(
        "យើងចង់សុំឱ្យ {programme} នៅ {organisation} ទទួលជួយអ្នក។ យើងធ្វើដូច្នេះ លុះត្រាតែអ្នកយល់ព្រម។",
        (
            "អ្នកអាចនិយាយថា ទេ ក៏បាន។ អ្នកអាចយល់ព្រមលើរឿងខ្លះ ហើយមិនយល់ព្រមលើរឿងខ្លះទៀតក៏បាន។ "
            "ទោះអ្នកឆ្លើយយ៉ាងណាក៏ដោយ យើងនៅតែជួយអ្នកដូចមុន៖ ម្ជុលស៊ីរ៉ាំង ការថែទាំសុខភាព និងជំនួយផ្សេងទៀត "
            "មិនអាស្រ័យលើចម្លើយរបស់អ្នកទេ។"
        ),
        (
            "មុនពេលគេឆ្លើយ គេឃើញតែប្រភេទជំនួយដែលអ្នកត្រូវការ ត្រូវការឆាប់ប៉ុណ្ណា ក្រុមអាយុ ភាសា "
            "ខណ្ឌដែលអ្នកស្នាក់នៅ និងអ្វីដែលអ្នកត្រូវការដើម្បីអាចមកបាន។ បើគេសួរ ហើយអ្នកយល់ព្រម "
            "គេក៏ឃើញភេទរបស់អ្នក និងចម្លើយ បាទ/ចាស ឬ ទេ ចំពោះសំណួររបស់គេដែរ។ គេមិនឃើញឈ្មោះ "
            "ឬលេខទូរស័ព្ទរបស់អ្នកទេ។"
        ),
        ("នៅពេលគេឆ្លើយថាអ្នកអាចមកបាន ហើយតែពេលនោះប៉ុណ្ណោះ ទើបគេឃើញអ្វីដែលអ្នកអនុញ្ញាតឥឡូវនេះ៖ {categories}។ គ្មានអ្វីផ្សេងទៀតទេ។"),
        (
            "ការអនុញ្ញាតនេះគឺសម្រាប់តែកម្មវិធីនេះប៉ុណ្ណោះ ដើម្បីឱ្យគេអាចទទួលជួយអ្នក ហើយវាផុតកំណត់នៅថ្ងៃទី "
            "{until}។ ប៉ូលិស និងសាលាសង្កាត់ មិនឃើញអ្វីទាំងអស់ក្នុងរឿងនេះទេ។"
        ),
        (
            "អ្នកអាចដកការអនុញ្ញាតវិញនៅពេលណាក៏បាន នៅទីនេះ ឬនៅទីនោះ ដោយមិនចាំបាច់ប្រាប់មូលហេតុ។ "
            "ចាប់ពីពេលនោះ គេមិនអាចបើកមើលអ្វីដែលយើងបានផ្ញើទៅទៀតទេ។"
        ),
        (
            "អ្វីដែលយើងមិនអាចយកមកវិញបាន៖ អ្វីដែលមានគេបានអានរួចហើយ "
            "និងអ្វីដែលគេបានកត់ក្នុងកំណត់ត្រាផ្ទាល់របស់គេ។ កំណត់ត្រាផ្ទាល់របស់គេនៅជាមួយគេ "
            "ហើយគេរក្សាជាការសម្ងាត់។ ច្បាប់ចម្លងបម្រុងដែលចាក់សោ អាចនៅមានកូនសោមួយរយៈពេលទៀត "
            "រហូតដល់វាត្រូវបានសរសេរជាន់ពីលើ។"
        ),
        "តើអ្នកមានសំណួរអ្វីទេ? តើអ្នកយល់ព្រមទេ?",
    ),
    minor=(
        "អ្នកនៅក្មេង ដូច្នេះយើងយកចិត្តទុកដាក់ជាពិសេស។ ពាក្យរបស់អ្នកផ្ទាល់គឺសំខាន់៖ "
        "យើងបន្តលុះត្រាតែអ្នកចង់។ បើមានមនុស្សធំម្នាក់ដែលអ្នកទុកចិត្ត គាត់អាចនៅទីនេះជាមួយបាន។ "
        "បើធ្វើដូច្នេះមិនមានសុវត្ថិភាពសម្រាប់អ្នកទេ សូមប្រាប់យើង។"
    ),
    categories={
        Category.IDENTITY: "ឈ្មោះដែលអ្នកប្រើ និងឆ្នាំកំណើតរបស់អ្នក",
        Category.PHONE: "លេខទូរស័ព្ទរបស់អ្នក និងវិធីទាក់ទងអ្នកដោយសុវត្ថិភាព",
        Category.HEALTH: "សុខភាពទូទៅរបស់អ្នក",
        Category.HEALTH_HIV: "អ្វីដែលអ្នកបានប្រាប់យើងអំពីអេដស៍/ហ៊ីវ (HIV)",
        Category.DRUG_USE: "អ្វីដែលអ្នកបានប្រាប់យើងអំពីការប្រើថ្នាំញៀន",
        Category.MENTAL_HEALTH: "អ្វីដែលអ្នកបានប្រាប់យើងអំពីអារម្មណ៍ និងផ្លូវចិត្តរបស់អ្នក",
        Category.LEGAL: "ឯកសារ និងរឿងច្បាប់របស់អ្នក",
    },
    join="; ",
)

_WORDINGS = {(CURRENT, "en"): _EN_2026_11, (CURRENT, "km"): _KM_2026_11}
_TAKING_BACK = {CURRENT: slice(5, 7)}
"""Where in each version's paragraphs the right to withdraw and its limits are told."""


def exists(version: str, language: str) -> bool:
    """Whether these words were ever in use."""
    return (version, language) in _WORDINGS


def paragraphs(
    version: str,
    language: str,
    *,
    programme: str,
    organisation: str,
    categories: Iterable[Category],
    until: date,
    minor: bool = False,
) -> tuple[str, ...]:
    """The words to read out, in order. Names are in the client's language; `until` is Phnom Penh's date.

    Raises KeyError for a version or language that was never in use.
    """
    words = _WORDINGS[version, language]
    ticked = frozenset(categories)
    holes = {
        "programme": programme,
        "organisation": organisation,
        "categories": words.join.join(text for key, text in words.categories.items() if key in ticked),
        "until": format_date(until, "d MMMM y", locale=language),
    }
    body = [paragraph.format(**holes) for paragraph in words.paragraphs]
    if minor:
        body.insert(len(body) - 1, words.minor)
    return tuple(body)


def minor_words(version: str, language: str) -> str:
    """The paragraph for those under 18, for when nobody knows the person's age."""
    return _WORDINGS[version, language].minor


def taking_back(version: str, language: str) -> tuple[str, ...]:
    """What was said of taking the permission back: the right to, and what cannot be called back.

    Raises KeyError for a version or language that was never in use.
    """
    return _WORDINGS[version, language].paragraphs[_TAKING_BACK[version]]


def category_words(version: str, language: str) -> Mapping[Category, str]:
    """What each kind of information was called. Raises KeyError for what was never in use."""
    return _WORDINGS[version, language].categories


def fingerprint(version: str, language: str) -> str:
    """SHA-256 of all the words of a version, to show that nobody edited them."""
    words = _WORDINGS[version, language]
    text = "\n".join((*words.paragraphs, words.minor, *words.categories.values(), words.join))
    return hashlib.sha256(text.encode()).hexdigest()
