"""What staff of the demo write: notes, details, messages. Invented, in both languages as people really mix them."""

from __future__ import annotations

from orgs.facts import Detail

DETAILS: dict[Detail, tuple[str, ...]] = {
    Detail.HEALTH: (
        "ក្អករយៈពេលបីសប្ដាហ៍ ស្រកទម្ងន់",
        "Wound on the left arm, dressed twice this week",
        "មានជំងឺហឺត ប្រើថ្នាំបាញ់",
        "Sleeps badly, no appetite",
    ),
    Detail.HEALTH_HIV: (
        "ចង់ធ្វើតេស្តម្ដងទៀត លើកមុនអវិជ្ជមាន",
        "Tested positive in spring, wants to begin treatment",
        "Last test more than a year ago",
    ),
    Detail.DRUG_USE: (
        "ប្រើម៉ាស្ថិត្តិ (យ៉ាម៉ា) ស្ទើររាល់ថ្ងៃ តាំងពីពីរឆ្នាំមុន",
        "Heroin, two to three times a day; wants something that holds",
        "ធ្លាប់ឈប់បានបីខែ ឥឡូវត្រឡប់មកវិញ ចង់បានជំនួយ",
        "Mostly at weekends with friends",
    ),
    Detail.MENTAL_HEALTH: (
        "ភ័យខ្លាចពេលឃើញអ្នកឯកសណ្ឋាន",
        "Grieving for a brother; has somebody to talk to at home",
        "គេងមិនលក់ សុបិនអាក្រក់",
    ),
    Detail.LEGAL: (
        "អត្តសញ្ញាណប័ណ្ណបាត់ កំពុងសុំថ្មី",
        "No papers; was held for two nights last month",
    ),
}
CONTACTS: tuple[str, ...] = (
    "ព្រឹកៗនៅក្បែរស្ពាន",
    "Evenings by the river, near the noodle cart",
    "សួរម្ចាស់តូបកាហ្វេ ប៉ុន្តែកុំប្រាប់ថាមកពីណា",
    "Sleeps behind the market, up by seven",
    "ធ្វើការនៅការដ្ឋានរហូតដល់ម៉ោង ៥",
)
SAFE: tuple[str, ...] = (
    "ទូរសព្ទតែពេលព្រឹក",
    "Call the aunt, say it is about work",
    "កុំផ្ញើសារ ទូរសព្ទជារបស់ប្អូន",
    "Any time; do not leave a message",
)
NOTES: tuple[str, ...] = (
    "ជួបគ្នានៅក្បែរស្ពាន។ ជជែកបានកន្លះម៉ោង។ ចង់គិតសិន។",
    "Met at the usual place. Doing better, ate with us.",
    "ទូរសព្ទមក សួរអំពីថ្ងៃណាត់។",
    "Came by for clean clothes and stayed for tea.",
    "ជូនទៅដល់ទ្វារ បន្ទាប់មកគាត់ចូលខ្លួនឯង។",
    "Not at the usual place. Friends say all is well.",
    "គាត់ថារៀនជំនាញគឺជាក្ដីស្រមៃរបស់គាត់។",
    "Back after six weeks away. Glad to see each other.",
)
CLINICAL: tuple[str, ...] = (
    "សម្ពាធឈាម ១២០/៨០។ របួសជាល្អ។",
    "Dose kept as it is; review in two weeks.",
    "លទ្ធផលតេស្តបានពន្យល់រួច។",
)
FOR_RECEIVER: tuple[str, ...] = (
    "",
    "",
    "គាត់ភ័យបន្តិច សូមនិយាយយឺតៗ។",
    "Prefers to be met at the gate.",
    "មកជាមួយមិត្តម្នាក់។",
    "Asked for a morning time.",
)
FROM_RECEIVER: tuple[str, ...] = (
    "ពេលមក សុំសួររកគីម។",
    "Please tell them to bring nothing; a nickname is enough.",
    "តើអាចមកលឿនជាងនេះមួយម៉ោងបានទេ?",
    "We waited until four. Shall we set another day?",
)
FROM_SENDER: tuple[str, ...] = (
    "បាទ ខ្ញុំនឹងជូនទៅ។",
    "Thank you. They will come alone.",
    "គាត់សុំដូរទៅថ្ងៃស្អែក។",
    "Yes, the morning is fine.",
)
