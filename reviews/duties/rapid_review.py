"""The rapid review, its decision and the Panel's reply; and the regime before it. Pure: data, each with its source."""

from datetime import date

from reviews.duties.editions import DUTY_STARTS, NOT_KEPT, WT18, in_both_editions
from reviews.milestones import CASE, PANEL_RECORD
from workflows.rules import DeadlineRule, Limit

RAPID_REVIEW: tuple[DeadlineRule, ...] = (
    *in_both_editions(
        DeadlineRule(
            code="RR_COMPLETE",
            name="Finish the rapid review and send it to the Panel",
            kind=CASE,
            limit=Limit(15, "wd"),
            starts="notification sent",
            owed_by="safeguarding partners",
            owed_to="the Panel",
            citation="",
            mark="V",
            valid_from=WT18,
            met_by=("submit",),
            voided_by=("withdraw",),
            ladder="rapid-review",
            force="must",
            note="Counted from the day the notification was sent, not from when it was due. No clock stops it.",
        ),
        cited_in=(
            "Panel guidance for safeguarding partners; Working Together 2018 ch. 4",
            "Panel guidance for safeguarding partners; Working Together 2023 ch. 5",
        ),
    ),
    DeadlineRule(
        code="RR_COMPLETE_ALT",
        name="Finish the rapid review: older wording, from becoming aware",
        kind="",
        limit=Limit(15, "wd"),
        starts="aware of the incident",
        owed_by="safeguarding partners",
        owed_to="the Panel",
        citation="Panel practice guidance of April 2019; a footnote of early copies of Working Together 2018",
        mark="R",
        edition="replaced by the Panel’s guidance of September 2022",
        valid_from=DUTY_STARTS,
        valid_to=date(2022, 8, 31),
        note=f"{NOT_KEPT} Every local text that was read counts from the notification, as RR_COMPLETE does; which "
        "wording bound when is an open question. The last day is approximate.",
    ),
    *in_both_editions(
        DeadlineRule(
            code="RR_COPY",
            name="Send the rapid review, the decision and the view on a national review",
            kind="",
            limit=Limit(0, "d"),
            starts="rapid review complete",
            owed_by="safeguarding partners",
            owed_to="the Panel",
            citation="",
            mark="R",
            valid_from=WT18,
            force="should",
            note=f"{NOT_KEPT} Here the review is complete when it is sent: RR_COMPLETE holds both.",
        ),
        cited_in=("Working Together 2018 ch. 4", "Working Together 2023 ch. 5"),
    ),
    DeadlineRule(
        code="PANEL_REPLY",
        name="Reply expected from the Panel",
        kind=PANEL_RECORD,
        limit=Limit(10, "wd"),
        starts="rapid review sent",
        owed_by="the Panel",
        owed_to="safeguarding partners",
        citation="No duty: about 10 days by local experience (Kent)",
        mark="V",
        valid_from=WT18,
        met_by=("accept", "disagree"),
        voided_by=("supersede",),
        ladder="watch",
        note="No duty of anybody: when to ask. The local text says about 10 days; working days are counted here.",
    ),
    DeadlineRule(
        code="SCR_LEGACY",
        name="Tell the national panel of a decision against a serious case review",
        kind="",
        limit=Limit(14, "d"),
        starts="decision of the board’s chair against a serious case review",
        owed_by="chair of the local safeguarding children board",
        owed_to="National Panel of Independent Experts",
        citation="National SCR Panel flowchart",
        mark="V",
        edition="the regime of the boards, ended in 2019",
        valid_from=date(2013, 1, 1),
        valid_to=date(2019, 9, 29),
        force="should",
        note=f"{NOT_KEPT} For archived cases only. Of its beginning only the year 2013 is known.",
    ),
)
