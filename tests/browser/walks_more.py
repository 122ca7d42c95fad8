"""What the demonstration has not got, for the walks: interests, shares, emergencies, copies, an outage, a certificate; long
words and names in all of it. Built by the services that people use, now."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils import timezone

from accounts.models import Role, User
from accounts.services import links, seat_for, standing
from notifications.models import Notice
from reviews.models import AccessAlert, Case
from reviews.retention import CLASSES, DISPOSED_HERE, LAST_RECORD
from reviews.services import (
    break_glass,
    cases,
    children,
    disclosing,
    holds,
    recusals,
    retention,
    schedules,
    sharing,
)
from reviews.services.cases import ChildGiven
from tests.second_factor import session_of
from workflows.models import Outage
from workflows.services.inspecting import inspect_what_is_due
from workflows.services.watching import watch

NORTH, WEST = "@northborough.example", "@westvale.example"
LONG = (
    "They lived next door to the family until the summer, and spoke with the grandmother of the children several times "
    "a week; see also https://records.northborough.example/childrens-social-care/very/long/address/without/any/space/in/it. "
    "Whoever reads this should ask the safeguarding lead of the hospital first."
)
LONG_NAME = "Dr Wilhelmina-Alexandra Featherstonehaugh-Cholmondeley"
LONG_REFERENCE = "SAR/2026/000014/NORTHBOROUGH-CHILDRENS-SOCIAL-CARE-AND-EARLY-HELP"


@dataclass
class More:
    """The addresses of what was made: of a case, ending in a slash, or whole."""

    case: str
    """Of the case about which most of it is."""
    interest: str
    lift: str
    share: str
    end_share: str
    answer: str
    end_glass: str
    look_at_it: str
    copy: str
    released: str
    withdrawn: str
    lift_hold: str
    certificates: str
    disposed: str
    to_propose: str
    outage: str
    empty_outage: str
    person: str
    suspended: str
    lost: str
    end_session: str
    set_password: str
    corrected: str


def north(name: str) -> User:
    return User.objects.get(email=f"{name}{NORTH}")


def west(name: str) -> User:
    return User.objects.get(email=f"{name}{WEST}")


def add_to_the_demonstration(case: Case, referred: Case) -> More:
    """All of it. The case is one in its rapid review; the other was only referred."""
    now = timezone.now()
    manager, chair = north("manager"), north("chair")
    User.objects.filter(pk=north("member").pk).update(full_name=LONG_NAME)
    base = case.get_absolute_url()
    return More(
        case=base,
        **_who_sees(case, base, manager, chair),
        **_kept(case, base, manager, chair),
        **_did_not_run(manager),
        **_signs_in(),
        corrected=_corrected(referred, manager, at=now),
    )


def _who_sees(case: Case, base: str, manager: User, chair: User) -> dict[str, str]:
    now = timezone.now()
    today = timezone.localdate()
    declared = recusals.declare_interest(
        case, kind="worked-with", words=LONG, steps_back=False, by=north("member"), at=now
    )
    answered = recusals.declare_interest(
        case, kind="other", words="", steps_back=False, by=north("deputy"), at=now
    )
    recusals.answer_interest(answered, takes_part=True, answer=LONG, by=chair, at=now)
    out = recusals.recuse(case, north("co-chair-2"), kind="related", reason=LONG, by=chair, at=now)
    partner = User.objects.get(email="chief@council.northborough.example")
    lifted = recusals.recuse(case, partner, kind="managed", reason="Managed the worker.", by=chair, at=now)
    recusals.lift_recusal(lifted, reason="It was another family.", by=manager, at=now)
    there = seat_for(Role.CO_CHAIR, partnership=west("manager").memberships.get().seat.partnership)
    days = {"starts_on": today, "ends_on": today + timedelta(days=60)}
    share = sharing.share_case(case, there, **days, reason=LONG, by=manager, at=now)
    other = seat_for(Role.INDEPENDENT_CHAIR, partnership=there.partnership)
    sharing.revoke_share(
        sharing.share_case(case, other, **days, reason="Moved house.", by=manager, at=now), by=manager, at=now
    )

    def asked(by: User, words: str) -> Any:
        return break_glass.ask_to_see(case.code, kind="child-at-risk", words=words, by=by, at=now)

    opened = break_glass.answer(asked(north("administrator"), "Now."), agrees=True, by=manager, at=now)
    waits = asked(west("manager"), LONG)
    over = asked(west("chair"), "The court sits this afternoon.")
    for by in (manager, chair):
        over = break_glass.answer(over, agrees=True, by=by, at=now)
    break_glass.end(over, by=chair, at=now)
    refused = asked(west("administrator"), "Curious.")
    break_glass.answer(refused, agrees=False, by=manager, at=now)
    return {
        "interest": f"{base}interests/{declared.pk}/answer/",
        "lift": f"{base}recusals/{out.pk}/lift/",
        "share": f"{base}share/{there.partnership_id}/",
        "end_share": f"{base}shares/{share.pk}/end/",
        "answer": f"{base}break-glass/{waits.pk}/answer/",
        "end_glass": f"{base}break-glass/{opened.pk}/end/",
        "look_at_it": f"{base}break-glass/{over.pk}/review/",
    }


def _kept(case: Case, base: str, manager: User, chair: User) -> dict[str, str]:
    now, co_chair = timezone.now(), north("co-chair-1")
    hold = holds.place_hold(case, kind="inquest", reference=LONG_REFERENCE, by=chair, at=now)
    holds.lift_hold(
        holds.place_hold(case, kind="police", reference="Crime 4711", by=chair, at=now), reason=LONG, by=chair, at=now
    )  # fmt: skip
    about = {"child": case.children.first(), "by": co_chair, "at": now}
    in_work = disclosing.prepare(case, reference="SAR 2026/14", **about)
    black = {"reason": "third-party", "by": co_chair, "at": now}
    disclosing.black_out(in_work, part=in_work.parts[0]["key"], passage="", everywhere=False, **black)
    taken, gone = (disclosing.prepare(case, reference=LONG_REFERENCE, **about) for _ in range(2))
    disclosing.release(taken, seen=disclosing.mark_of(taken), by=manager, at=now)
    disclosing.end(gone, by=manager, at=now)
    disposed, due = _old(manager, chair)
    return {
        "copy": f"{base}copies/{in_work.pk}/",
        "released": f"{base}copies/{taken.pk}/",
        "withdrawn": f"{base}copies/{gone.pk}/",
        "lift_hold": f"{base}retention/holds/{hold.pk}/lift/",
        "certificates": f"{disposed.get_absolute_url()}retention/certificates/",
        "disposed": disposed.get_absolute_url(),
        "to_propose": due.get_absolute_url(),
    }


def _old(manager: User, chair: User) -> tuple[Case, Case]:
    """Two cases that came to rest more than a year ago, where files are kept for a year: one of them is gone."""
    now, partnership = timezone.now(), manager.memberships.get().seat.partnership
    for record_class in (one for one in CLASSES if one in {*DISPOSED_HERE, "panel-record"}):
        schedules.set_rule(
            partnership, record_class=record_class, trigger=LAST_RECORD, years=1, citation="Agreed by the partners",
            reason="For a look at it.", valid_from=timezone.localdate(), by=manager, at=now,
        )  # fmt: skip
    made = []
    for days in (800, 900):
        then = now - timedelta(days=days)
        case = Case(partnership=partnership, harm=Case.Harm.SERIOUS_HARM, summary=LONG, referred_by="Police",
                    incident_at=then - timedelta(days=2), aware_at=then - timedelta(days=1))  # fmt: skip
        case.place = "Harbour Street"
        child = ChildGiven(name="Robin Ashdown", born_on=date(2020, 5, 4))
        case = cases.refer_case(case, [child], by=manager, at=then)
        made.append(cases.decline_case(case, reason=LONG, by=manager, at=then))
    given = {"outcome": "dispose", "by": chair, "at": now}
    review = retention.propose(made[0], "case-file", reason="A year has passed. " + LONG, **given)
    retention.agree(review, by=manager, at=now)
    return Case.objects.get(pk=made[0].pk), made[1]


def _did_not_run(manager: User) -> dict[str, str]:
    """Two outages: one that left nothing to tell, and one of which notices were told late or together."""
    now = timezone.now()
    watch(at=now)
    inspect_what_is_due(at=now)
    told = Notice.objects.exclude(rung_at=None).exclude(deadline=None).filter(state__in=("waiting", "sent"))
    ours = [one for one in told.select_related("deadline") if one.deadline][:30]
    outages = []
    for days, reached in ((40, 0), (3, len(ours))):
        began = now - timedelta(days=days)
        outages.append(
            Outage.objects.create(
                began_at=began,
                ended_at=began + timedelta(days=2),
                reached=reached,
                missed=reached // 4,
                caught_up_at=began + timedelta(days=2, minutes=1) if reached == 0 else None,
            )
        )
    for number, one in enumerate(ours):
        fate = {} if number % 2 else {"state": "collapsed", "next_try_at": None, "sent_at": None, "lease_until": None,
                                      "last_error": "A later step of the same ladder says more."}  # fmt: skip
        Notice.objects.filter(pk=one.pk).update(outage=outages[1], **fate)
    AccessAlert.objects.create(
        rule="many-cases", person=north("deputy"), partnership=manager.memberships.get().seat.partnership,
        on=timezone.localdate(), made_at=now, codes=[f"R-7K3Q{letter}A" for letter in "ABCDEFGHJKMN"],
    )  # fmt: skip
    address = "/administration/operations/outages/"
    return {"empty_outage": f"{address}{outages[0].pk}/", "outage": f"{address}{outages[1].pk}/"}


def _signs_in() -> dict[str, str]:
    """Somebody whose account is suspended, one who lost every factor, and a person who is signed in twice."""
    now = timezone.now()
    idle = User.objects.get(email="lead@housing.northborough.example")
    User.objects.filter(pk=idle.pk).update(suspended_at=now)
    lost = User.objects.get(email="lead@probation.northborough.example")
    standing.report_loss(lost, proof="in-person", by=north("manager"), at=now)
    elsewhere = UserSession.objects.create(
        user=north("manager"), ip="2001:db8:85a3::8a2e:370:7334", session_key=session_of(f"manager{NORTH}"),
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/149.0 Safari/537.36",
    )  # fmt: skip
    invited = User.objects.get(email="author@harbour.northborough.example")
    Authenticator.objects.filter(user=invited).delete()
    return {
        "person": f"/administration/people/{north('member').pk}/",
        "suspended": f"/administration/people/{idle.pk}/",
        "lost": f"/administration/people/{lost.pk}/",
        "end_session": f"/your-sign-in/sessions/{elsewhere.pk}/end/",
        "set_password": "/set-password/" + links.link_for(invited).partition("/set-password/")[2],
    }


def _corrected(referred: Case, manager: User, *, at: Any) -> str:
    child = referred.children.order_by("number").first()
    assert child is not None
    given = ChildGiven(name=LONG_NAME, born_on=child.born_on, sex=child.sex, age_as_given=child.age_as_given)
    children.correct_child(child, given, reason=LONG, by=manager, at=at)
    return referred.get_absolute_url()
