"""Publishing the report of a practice review, or its improvements alone. Pure: data, each with its source."""

from reviews.duties.editions import DUTY_STARTS, NOT_KEPT, in_both_editions
from reviews.milestones import CASE
from workflows.rules import DeadlineRule, Limit

PUBLICATION: tuple[DeadlineRule, ...] = (
    *in_both_editions(
        DeadlineRule(
            code="PUB_ADVANCE",
            name="Send the report to the Panel and the Secretary of State before publication",
            kind=CASE,
            limit=Limit(-7, "wd"),
            starts="publication planned",
            owed_by="safeguarding partners",
            owed_to="the Panel and the Secretary of State",
            citation="",
            mark="R",
            valid_from=DUTY_STARTS,
            ladder="advance",
            force="must",
            allows=(),  # it moves with the day that is planned
            note="It moves with the planned day of publication. The number of the regulation is not known.",
        ),
        cited_in=(
            "SI 2018/789 Part 3; Working Together 2018 ch. 4",
            "SI 2018/789 Part 3; Working Together 2023 ch. 5",
        ),
    ),
    *in_both_editions(
        DeadlineRule(
            code="PUB_AVAILABLE",
            name="Keep the published report available",
            kind=CASE,
            limit=Limit(12, "mo"),
            starts="published",
            owed_by="safeguarding partners",
            owed_to="the public",
            citation="",
            mark="V",
            valid_from=DUTY_STARTS,
            met_by=("close",),
            ladder="until",
            duty="until",
            force="must",
            note="The twelve months were seen in a local text; the number of the regulation is not known.",
        ),
        cited_in=(
            "SI 2018/789 Part 3; Working Together 2018 ch. 4",
            "SI 2018/789 Part 3; Working Together 2023 ch. 5",
        ),
    ),
    *in_both_editions(
        DeadlineRule(
            code="PUB_NOT",
            name="Publish the improvements alone, and explain to the Panel and the Secretary of State",
            kind="",
            limit=Limit(-7, "wd"),
            starts="publication of the improvements planned",
            owed_by="safeguarding partners",
            owed_to="the Panel and the Secretary of State",
            citation="",
            mark="R",
            valid_from=DUTY_STARTS,
            force="must",
            note=f"{NOT_KEPT} Its twin for national reviews, s.16B(4) and (5), was seen.",
        ),
        cited_in=(
            "Children Act 2004 s.16F; Working Together 2018 ch. 4",
            "Children Act 2004 s.16F; Working Together 2023 ch. 5",
        ),
    ),
)
