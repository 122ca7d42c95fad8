"""What the partnership owes as a body, whatever its cases. Pure: data, each with its source."""

from datetime import date

from reviews.duties.editions import EARLIER, EDITION, LAST_DAY_OF_WT18, NOT_KEPT, WT18, in_both_editions
from workflows.rules import DeadlineRule, Limit

PARTNERSHIP: tuple[DeadlineRule, ...] = (
    *in_both_editions(
        DeadlineRule(
            code="YEARLY_REPORT",
            name="Publish the yearly report, with what was done on local and national reviews",
            kind="",
            limit=Limit(12, "mo", repeats=True),
            starts="first yearly report due",
            owed_by="safeguarding partners",
            owed_to="the public",
            citation="",
            mark="V",
            valid_from=date(2019, 1, 1),
            force="must",
            note=f"{NOT_KEPT} At least once in every twelve months. Of its beginning only the year 2019 is known.",
        ),
        cited_in=(
            "Children Act 2004 s.16G; Working Together 2018 ch. 3",
            "Children Act 2004 s.16G; Working Together 2023 ch. 2",
        ),
    ),
    DeadlineRule(
        code="YEARLY_SEND",
        name="Send the yearly report to the Panel and the What Works centre",
        kind="",
        limit=Limit(7, "d"),
        starts="yearly report published",
        owed_by="safeguarding partners",
        owed_to="the Panel and the What Works centre (Foundations)",
        citation="Working Together 2018 ch. 3",
        mark="R",
        edition=EARLIER,
        valid_from=WT18,
        valid_to=LAST_DAY_OF_WT18,
        force="should",
        note=f"{NOT_KEPT} Whether the edition of 2023 still gives seven days was not found: it is not carried on.",
    ),
    DeadlineRule(
        code="YEARLY_SEPT",
        name="Publish the yearly report by the end of September",
        kind="",
        limit=Limit(930, "date"),
        starts="year of the report ended, on 31 March",
        owed_by="safeguarding partners",
        owed_to="the Panel",
        citation="Working Together 2023 ch. 2",
        mark="R",
        edition=EDITION,
        valid_from=date(2024, 9, 30),
        force="should",
        note=NOT_KEPT,
    ),
)
