"""The words of every mail, as they leave: a reference, a duty, its day, a link, and nothing else."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, meta

import notifications
from accounts.services import add_member, end_membership
from notifications.channels import texts
from notifications.models import Notice
from reviews.models import AgencyReturn, Case
from reviews.questions import RETURN_FORM
from reviews.services import cases, returns
from tests.factories import (
    CANARIES,
    NOTIFIED,
    World,
    a_decided_case,
    a_person,
    full_answers,
)
from tests.notifications.conftest import london
from workflows.actors import SYSTEM
from workflows.rules import Limit
from workflows.services.changing_clocks import extend_deadline
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db

NOTICES = Path(notifications.__file__).parent / "jinja2" / "notices"
PARSER = Environment()

END = """
Open it here, after signing in:
{link}

Partnership: Northborough
Questions: Manager of Northborough, manager@northborough.example (business manager)

E-mail is not private, so this message says no more than that. You are told because of the role you hold.
Nobody reads replies to this address.
"""


FROM = {
    "partnership": "Northborough",
    "managers": ["Manager of Northborough, manager@northborough.example"],
}


def golden(body: str, subject: Any, page: str) -> str:
    """The body with this subject's reference and link in it."""
    link = f"https://reviews.example.org/{page}/{subject.pk}/"
    return body.replace("R-CODE", subject.code) + END.format(link=link)


def the_text(news: str, *, at: str, **by: Any) -> texts.Text:
    return texts.text_of(Notice.objects.filter(news=news, **by).first(), at=london(at))


def test_a_reminder_says_which_duty_is_due_when_and_how_long_that_is(world: World, referral: Case) -> None:
    sweep(at=london("2026-03-17 08:30"))
    text = the_text("reminder", at="2026-03-17 08:31", deadline__rule_code="SIN_NOTIFY")
    assert text.subject == "Reminder: a deadline is coming"
    assert text.body == golden(
        """A deadline is coming.

Reference: R-CODE
Duty: Notify the Panel of a serious incident
Due: Thursday 19 March 2026
Now: 2 working days left (due Thursday 19 March 2026)
""",
        referral,
        "cases",
    )


def test_on_the_day_it_says_so(world: World, referral: Case) -> None:
    sweep(at=london("2026-03-19 08:30"))
    text = the_text("due-today", at="2026-03-19 08:31", deadline__rule_code="SIN_NOTIFY")
    assert text.subject == "A deadline is today"
    assert text.body == golden(
        """A deadline is today. It is late from midnight.

Reference: R-CODE
Duty: Notify the Panel of a serious incident
Due: Thursday 19 March 2026
Now: due today
""",
        referral,
        "cases",
    )


def test_when_it_is_late_it_says_by_how_much(world: World, referral: Case) -> None:
    sweep(at=london("2026-03-20 08:30"))
    text = the_text("late", at="2026-03-23 08:31", deadline__rule_code="SIN_NOTIFY")
    assert text.subject == "A deadline has passed"
    assert text.body == golden(
        """A deadline has passed, and what was due has not been recorded.

Reference: R-CODE
Duty: Notify the Panel of a serious incident
Due: Thursday 19 March 2026
Now: 2 working days late (was due Thursday 19 March 2026)
""",
        referral,
        "cases",
    )


def test_what_was_a_reminder_when_it_was_written_is_late_when_it_leaves_late(
    world: World, referral: Case
) -> None:
    # Given a reminder of 17 March that no worker took. When it leaves on the due day, or after:
    sweep(at=london("2026-03-17 08:30"))

    # Then it says what is true.
    one = {"deadline__rule_code": "SIN_NOTIFY"}
    assert the_text("reminder", at="2026-03-19 09:00", **one).subject == "A deadline is today"
    assert the_text("reminder", at="2026-03-20 09:00", **one).subject == "A deadline has passed"


def test_edge_53_a_mail_quotes_the_day_of_its_own_deadline_and_no_other(
    world: World, notified: Case, gp: AgencyReturn
) -> None:
    # Given a case with deadlines on many days, whose return is due on 27 March and given two days more:
    sweep(at=london("2026-03-24 08:30"))
    one = {"deadline__rule_code": "LOC_RETURN", "recipient": world.gp_author}
    assert the_text("reminder", at="2026-03-24 08:31", **one).body == golden(
        """A deadline is coming.

Reference: R-CODE
Duty: Agency return
Due: Friday 27 March 2026
Now: 3 working days left (due Friday 27 March 2026)
""",
        gp,
        "returns",
    )
    extend_deadline(
        gp, "LOC_RETURN", limit=Limit(2, "wd"), by=SYSTEM, at=london("2026-03-24 09:00"), authority="The chair",
        reason="Records are in store.",
    )  # fmt: skip

    # When the reminder of the new day leaves, then it quotes that day; the manager's, of the case, quotes its own.
    sweep(at=london("2026-03-30 07:30"))
    text = the_text("reminder", at="2026-03-30 08:31", due_on="2026-03-31", **one)
    assert "Duty: Agency return\nDue: Tuesday 31 March 2026\nNow: 1 working day left" in text.body
    sweep(at=london("2026-04-01 07:30"))
    of_the_case = {"deadline__rule_code": "RR_COMPLETE", "recipient": world.manager}
    assert the_text("reminder", at="2026-04-01 08:31", **of_the_case).body == golden(
        """A deadline is coming.

Reference: R-CODE
Duty: Finish the rapid review and send it to the Panel
Due: Friday 10 April 2026
Now: 5 working days left (due Friday 10 April 2026)
""",
        notified,
        "cases",
    )


def test_edge_53_no_text_can_name_a_date_but_that_of_a_deadline_it_was_given() -> None:
    known = {"code", "link", "clock", "clocks", "listed", "lead", "partnership", "managers", "anchor"}
    sources = {path.name: path.read_text("utf-8") for path in NOTICES.glob("*.txt")}
    named = {name: meta.find_undeclared_variables(PARSER.parse(source)) for name, source in sources.items()}
    assert {name: words - known for name, words in named.items() if words - known} == {}
    assert len(sources) > 15


def test_an_agency_that_is_asked_hears_what_is_due_when(
    world: World, notified: Case, gp: AgencyReturn
) -> None:
    text = the_text("return-requested", at="2026-03-18 09:01", subject=gp)
    assert text.subject == "A return is asked of your agency"
    assert text.body == golden(
        """A rapid review has begun, and your agency is asked what it knows.

Reference: R-CODE

What is due next:
- Acknowledge the request: 2 working days left (due Friday 20 March 2026)
- Agency return: 7 working days left (due Friday 27 March 2026)
""",
        gp,
        "returns",
    )


def test_partners_hear_of_a_notification_with_what_the_law_asks(world: World, notified: Case) -> None:
    text = the_text("notified", at="2026-03-18 09:01")
    assert text.subject == "A notification was sent"
    assert text.body == golden(
        """The Panel was notified of a serious incident in your area, and the rapid review has begun.

Reference: R-CODE

What is due by law or national guidance:
- Finish the rapid review and send it to the Panel: 15 working days left (due Friday 10 April 2026)
""",
        notified,
        "cases",
    )


def test_a_partner_who_is_asked_to_sign_hears_by_when(world: World) -> None:
    case = a_decided_case(world, at=london("2026-04-01 08:00"))
    text = the_text("sign-off-wanted", at="2026-04-01 08:01")
    assert text.subject == "Your sign-off is wanted"
    assert text.body == golden(
        """The decision record of a rapid review is complete, and waits for your sign-off.

Reference: R-CODE

What is due next:
- Partners sign the decision off: 4 working days left (due Thursday 9 April 2026)
""",
        case,
        "cases",
    )


def test_a_lead_who_is_asked_to_sign_hears_by_when(world: World, notified: Case, gp: AgencyReturn) -> None:
    for section, given in full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=london("2026-03-20 09:00"))
    returns.finish_return(gp, by=world.gp_author, at=london("2026-03-20 09:00"))
    text = the_text("return-to-sign", at="2026-03-20 09:01")
    assert text.body == golden(
        """A return of your agency is written, and waits for your sign-off.

Reference: R-CODE

What is due next:
- Agency return: 5 working days left (due Friday 27 March 2026)
""",
        gp,
        "returns",
    )


def test_whom_to_ask_is_who_holds_the_seat_that_day(world: World, notified: Case) -> None:
    # Given a second business manager from the next day on, when the first has left
    held = world.manager.memberships.get()
    end_membership(held, on=date(2026, 3, 18))
    second = add_member(a_person("second@northborough.example", "Second"), held.seat)
    second.starts_on = date(2026, 3, 19)
    second.save()

    def asked(at: str) -> list[str]:
        return [line for line in the_text("notified", at=at).body.splitlines() if line.startswith("Quest")]

    assert asked("2026-03-18 09:01") == [
        "Questions: Manager of Northborough, manager@northborough.example (business manager)"
    ]
    assert asked("2026-03-19 09:01") == ["Questions: Second, second@northborough.example (business manager)"]

    # When the seat is empty, then the mail names nobody
    end_membership(second, on=date(2026, 3, 19))
    assert asked("2026-03-20 09:01") == []
    assert "\nPartnership: Northborough\n\nE-mail" in the_text("notified", at="2026-03-20 09:01").body


@pytest.mark.parametrize(
    ("news", "subject", "sentence"),
    [
        ("sign-off-wanted", "Your sign-off is wanted",
         "The decision record of a rapid review is complete, and waits for your sign-off."),
        ("return-in", "A return is in", "An agency has answered. Its return can be read now."),
        ("nil-declared", "A nil return was declared", "A nil return was declared for your agency."),
        ("return-to-sign", "A return waits for your sign-off",
         "A return of your agency is written, and waits for your sign-off."),
        ("return-sent-back", "A return was sent back",
         "A return of your agency was sent back. It says there what is missing."),
        ("return-received", "A return of your agency was recorded",
         "A return of your agency that came another way was typed in by the partnership. "
         "Read it, and tell them if something is wrong."),
        ("virus-found", "A virus was found in a file",
         "A virus was found in a file that came with a return. Nobody can take that file. "
         "Its authors should remove it, and have their own computers looked at."),
        ("return-cancelled", "A return is no longer needed",
         "The review no longer needs a return of your agency. You need do nothing more."),
        ("record-released", "A decision record was released",
         "The decision record of a rapid review was released to the Panel."),
        ("panel-replied", "The Panel replied", "The Panel replied to a decision record of your partnership."),
        ("referred", "A case was referred", "A serious incident was referred to your partnership."),
    ],
)  # fmt: skip
def test_other_news_is_one_sentence_a_reference_and_a_link(news: str, subject: str, sentence: str) -> None:
    link = "https://reviews.example.org/cases/1/"
    text = texts.render(news, code="R-7K3QF", link=link, clock=None, clocks=[], **FROM)
    assert text == texts.Text(subject, f"{sentence}\n\nReference: R-7K3QF\n" + END.format(link=link))


def test_a_period_that_ended_is_not_called_late() -> None:
    clock = texts.Clock("Keep the published report available", "Monday 2 March 2026",
                        "ended Monday 2 March 2026", is_local=False)  # fmt: skip
    text = texts.render("period-over", code="R-7K3QF", link="LINK", clock=clock, clocks=[], **FROM)
    assert text.subject == "A period has ended"
    assert text.body.startswith(
        """A period in which something had to be kept up has ended. Nothing is late.

Reference: R-7K3QF
Duty: Keep the published report available
Due: Monday 2 March 2026
Now: ended Monday 2 March 2026
"""
    )


def test_a_news_whose_text_is_retired_is_called_by_its_code() -> None:
    assert texts.headline("agency-moved-away") == "Agency moved away"
    assert texts.headline("late") == "A deadline has passed"


def test_signs_that_mean_something_in_html_are_left_alone_in_plain_text() -> None:
    clock = texts.Clock("Partners' & agencies' <duty>", "", "paused", is_local=True)
    text = texts.render("reminder", code="R-7K3QF", link="LINK", clock=clock, clocks=[], **FROM)
    assert "Duty: Partners' & agencies' <duty>\nNow: paused\n" in text.body


def test_no_text_holds_a_childs_name_a_fact_or_another_agency(
    world: World, notified: Case, gp: AgencyReturn
) -> None:
    # Given a case full of what must not be seen, and everything that can be told about it:
    cases.withdraw_case(notified, reason=CANARIES[1], by=world.manager, at=NOTIFIED)
    sweep(at=london("2026-04-20 09:00"))
    asked_returns_said = [
        texts.text_of(notice, at=london("2026-04-20 09:01")) for notice in Notice.objects.all()
    ]
    assert len(asked_returns_said) > 8
    assert gp.notices.exists()

    # Then nothing of it is in any text.
    private = (*CANARIES, *(agency.name for agency in world.agencies.values()))
    for text in asked_returns_said:
        assert not [word for word in private if word in text.subject + text.body]
