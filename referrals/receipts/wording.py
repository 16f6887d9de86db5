"""The words of the paper that a client may take home, in the client's language whoever prints it.

They bypass gettext, because the language is the client's and not the reader's. What can and cannot be taken back is
said in the words that the client agreed to (`referrals.consents.wording.taking_back`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from referrals.consents.rules import How


@dataclass(frozen=True)
class Words:
    """One language. `further` has the hole {count}, `withdrawn` the hole {day}, `say` the hole {reference}."""

    title: str
    intro: str
    reference: str
    nothing_sent: str
    whose: str
    yours: str
    giver: str
    giver_neutral: str
    receiver: str
    receiver_neutral: str
    what: str
    first_part: str
    answers: str
    second_part: str
    further: str
    why: str
    purpose: str
    given: str
    how: Mapping[How, str]
    until: str
    withdrawn: str
    mark: str
    taking_back: str
    say: str
    told: str
    stop: str


_EN = Words(
    title="Receipt",
    intro="This paper is yours. You need not keep it, and you need not show it to anybody.",
    reference="Reference",
    nothing_sent="None yet: nothing has been sent",
    whose="Whose permission",
    yours="Yours. Your name is left out on purpose.",
    giver="Who may tell",
    giver_neutral="The place that gave you this paper",
    receiver="To whom",
    receiver_neutral="The place that was named to you. Ask us by the reference.",
    what="What may be told",
    first_part=(
        "Before they answer, without your name: what you look for and how soon, your age group, your language, "
        "the khan where you stay, what you need to be able to come"
    ),
    answers="and, if they ask, your gender and yes or no to the questions that you allowed",
    second_part="When they say that you can come: ",
    further="further kinds of information that were read out to you: {count}",
    why="What for",
    purpose="So that they can receive you. For nothing else.",
    given="Given on",
    how=MappingProxyType(
        {
            How.SPOKEN_WITNESSED: "by word, before one of our workers",
            How.THUMBPRINT: "by thumbprint on paper",
            How.SIGNATURE: "by signature on paper",
        }
    ),
    until="Holds until",
    withdrawn="You took it back on {day}.",
    mark="Your sign, only if you want one here",
    taking_back="You may take it back",
    say="Come to us or to them and say the reference {reference}.",
    told="Whoever receives it is told",
    stop=".",
)

# review: a native speaker of Khmer, best an outreach worker, must read this before it is given to clients.
_KM = Words(
    title="បង្កាន់ដៃ",
    intro="ក្រដាសនេះជារបស់អ្នក។ អ្នកមិនចាំបាច់រក្សាវាទុកទេ ហើយក៏មិនចាំបាច់បង្ហាញវាដល់នរណាដែរ។",
    reference="លេខយោង",
    nothing_sent="មិនទាន់មានទេ៖ មិនទាន់បានផ្ញើអ្វីទេ",
    whose="ការអនុញ្ញាតរបស់នរណា",
    yours="របស់អ្នក។ យើងមិនសរសេរឈ្មោះអ្នកនៅទីនេះទេ ដោយចេតនា។",
    giver="អ្នកដែលអាចប្រាប់",
    giver_neutral="កន្លែងដែលបានឱ្យក្រដាសនេះដល់អ្នក",
    receiver="ប្រាប់ទៅនរណា",
    receiver_neutral="កន្លែងដែលយើងបានប្រាប់ឈ្មោះដល់អ្នក។ សូមសួរយើងដោយប្រាប់លេខយោង។",
    what="អ្វីដែលអាចប្រាប់បាន",
    first_part=(
        "មុនពេលគេឆ្លើយ ដោយគ្មានឈ្មោះអ្នក៖ អ្វីដែលអ្នករកនិងត្រូវការឆាប់ប៉ុណ្ណា ក្រុមអាយុ ភាសា ខណ្ឌដែលអ្នកស្នាក់នៅ និងអ្វីដែលអ្នកត្រូវការដើម្បីអាចមកបាន"
    ),
    answers="ហើយបើគេសួរ ភេទរបស់អ្នក និងចម្លើយ បាទ/ចាស ឬ ទេ ចំពោះសំណួរដែលអ្នកបានអនុញ្ញាត",
    second_part="ពេលគេឆ្លើយថាអ្នកអាចមកបាន៖ ",
    further="ព័ត៌មានប្រភេទផ្សេងទៀតដែលយើងបានអានឱ្យអ្នកស្តាប់៖ {count}",
    why="ដើម្បីអ្វី",
    purpose="ដើម្បីឱ្យគេអាចទទួលជួយអ្នក។ មិនមែនសម្រាប់អ្វីផ្សេងទេ។",
    given="បានអនុញ្ញាតនៅ",
    how=MappingProxyType(
        {
            How.SPOKEN_WITNESSED: "ដោយពាក្យសម្ដី នៅមុខបុគ្គលិករបស់យើងម្នាក់",
            How.THUMBPRINT: "ដោយផ្ដិតមេដៃលើក្រដាស",
            How.SIGNATURE: "ដោយហត្ថលេខាលើក្រដាស",
        }
    ),
    until="មានសុពលភាពរហូតដល់",
    withdrawn="អ្នកបានដកវិញនៅ {day}។",
    mark="សញ្ញារបស់អ្នក តែបើអ្នកចង់ដាក់នៅទីនេះ",
    taking_back="អ្នកអាចដកវិញបាន",
    say="សូមមករកយើង ឬទៅរកគេ ហើយប្រាប់លេខយោង {reference}។",
    told="អ្នកដែលទទួល ត្រូវបានប្រាប់ថា",
    stop="។",
)

WORDS: Mapping[str, Words] = MappingProxyType({"km": _KM, "en": _EN})
