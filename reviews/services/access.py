"""Who is granted what: the table of roles and verbs, and the services that write grants from it.

Grants go to seats, so they stay with the role when the person changes. guardian's direct foreign-key
tables are the store; `visible_to` and `permits` are the only readers.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from accounts.models import Agency, Partnership, Role, Seat, User
from accounts.services import people_in, seat_for
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.models.cases import VERBS
from workflows.actors import System
from workflows.calendars import local_date
from workflows.models import Subject, recused_by_case

ON_CASE: Mapping[Role, tuple[str, ...]] = {
    Role.BUSINESS_MANAGER: (
        "view_case",
        *(f"{verb}_case" for verb in VERBS),
        "ask_agencies_case",
        "meet_milestone_case",
        "move_dates_case",
        "see_notices_case",
        "recuse_case",
        "open_case",
        "share_case",
        "hold_case",
        "disclose_case",
        "read_whole_case",
    ),
    Role.SUB_GROUP_MEMBER: ("view_case", "read_whole_case"),
    Role.CO_CHAIR: (
        "view_case",
        "read_whole_case",
        "recuse_case",
        "open_case",
        "hold_case",
        "disclose_case",
        "dispose_case",
    ),
    Role.INDEPENDENT_CHAIR: (
        "view_case",
        "read_whole_case",
        "see_notices_case",
        "recuse_case",
        "open_case",
        "hold_case",
        "dispose_case",
    ),
}
"""Held by seats of the whole partnership, on its cases."""

ON_CASE_BY_PARTNERS: tuple[str, ...] = ("view_case", "read_whole_case", "sign_decision_case")
"""Held by the delegated partners' seats: they decide whether to notify, and sign decisions off."""

ON_CASE_BY_LEADS: tuple[str, ...] = ("view_case", "read_whole_case")
"""Held by the lead partners' seats: they answer for what their delegate decides, and act in nothing."""

ON_RETURN: Mapping[Role, tuple[str, ...]] = {
    Role.BUSINESS_MANAGER: tuple(
        f"{verb}_agencyreturn" for verb in ("view", "send_back", "accept", "cancel", "move_dates")
    ),
    Role.SUB_GROUP_MEMBER: ("view_agencyreturn",),
    Role.CO_CHAIR: ("view_agencyreturn",),
}

ON_RETURN_BY_AGENCY: Mapping[Role, tuple[str, ...]] = {
    Role.AUTHOR: tuple(
        f"{verb}_agencyreturn" for verb in ("view", "acknowledge", "draft", "declare_nil", "finish")
    ),
    Role.SAFEGUARDING_LEAD: tuple(
        f"{verb}_agencyreturn"
        for verb in ("view", "acknowledge", "draft", "declare_nil", "finish", "sign_off", "return_to_author")
    ),
}

ON_RETURN_BY_PARTNERS: tuple[str, ...] = ("view_agencyreturn",)
"""Held by the delegated partners, to whom a late return is escalated."""

ON_PANEL_RECORD: tuple[str, ...] = ("view_panelrecord", "accept_panelrecord", "disagree_panelrecord")
"""Held by the Panel, and by the business manager, who may record a reply that came by letter."""

PARTNERSHIP_ROLES = tuple(ON_CASE)

MAY_OVERSEE = "reviews.see_notices_case"
"""Held by those who answer for a case: they see what was sent about it, and who has looked at it."""


def _grant(subject: Subject, grants: Iterable[tuple[Seat, Iterable[str]]]) -> None:
    """Write the grants; those that stand already are left as they are."""
    model: Any = type(subject)
    permissions = {
        p.codename: p
        for p in Permission.objects.filter(content_type=ContentType.objects.get_for_model(model))
    }
    store = model.group_grants.rel.related_model
    order = {"begun_at": subject.begun_at} if model.IS_CASE else {}
    store.objects.bulk_create(
        [
            store(group_id=seat.pk, permission=permissions[codename], content_object=subject, **order)
            for seat, codenames in grants
            for codename in codenames
        ],
        ignore_conflicts=True,
    )


def safeguarding_partners(partnership: Partnership) -> list[Agency]:
    """The bodies that sign a decision off: three, or four."""
    return list(partnership.agencies.filter(is_safeguarding_partner=True, is_active=True))


def _seats_in(partnership: Partnership) -> Callable[[Role, Agency | None], Seat]:
    """Finds the seats of a partnership and of its agencies; one query for all."""
    seats = {(seat.role, seat.agency_id): seat for seat in Seat.objects.filter(partnership=partnership)}

    def seat(role: Role, agency: Agency | None = None) -> Seat:
        body = {"agency": agency} if agency else {"partnership": partnership}
        return seats.get((role, agency.pk if agency else None)) or seat_for(role, **body)

    return seat


def grant_case(case: Case) -> None:
    """Give a new case to those who work on it."""
    seat = _seats_in(case.partnership)
    ours = [(seat(role, None), verbs) for role, verbs in ON_CASE.items()]
    partners = [
        (seat(role, agency), verbs)
        for agency in safeguarding_partners(case.partnership)
        for role, verbs in (
            (Role.DELEGATED_PARTNER, ON_CASE_BY_PARTNERS),
            (Role.LEAD_PARTNER, ON_CASE_BY_LEADS),
        )
    ]
    _grant(case, ours + partners)


def grant_return(agency_return: AgencyReturn) -> None:
    """Give a new return to the agency it was asked of, and to the case's people."""
    seat = _seats_in(agency_return.partnership)
    ours = [(seat(role, None), verbs) for role, verbs in ON_RETURN.items()]
    agency = [(seat(role, agency_return.agency), verbs) for role, verbs in ON_RETURN_BY_AGENCY.items()]
    escalated_to = {agency_return.agency, *safeguarding_partners(agency_return.partnership)}
    partners = [(seat(Role.DELEGATED_PARTNER, each), ON_RETURN_BY_PARTNERS) for each in escalated_to]
    _grant(agency_return, ours + agency + partners)


def grant_panel_record(record: PanelRecord) -> None:
    """Give a released record to the Panel and to the business manager."""
    manager = seat_for(Role.BUSINESS_MANAGER, partnership=record.partnership)
    _grant(
        record,
        [(seat_for(Role.PANEL), ON_PANEL_RECORD), (manager, (*ON_PANEL_RECORD, "supersede_panelrecord"))],
    )


def roles_of(user: User, *, at: datetime) -> set[str]:
    """The roles of the seats that this person acts for, in whatever body."""
    return set(Seat.objects.acted_for_by(user, at=at).values_list("role", flat=True))


def partnerships_run_by(user: User, *, at: datetime) -> list[Partnership]:
    """The partnerships for which this person acts as business manager."""
    seats = Seat.objects.acted_for_by(user, at=at).filter(role=Role.BUSINESS_MANAGER)
    return list(Partnership.objects.filter(seats__in=seats).distinct().order_by("name"))


def must_run(partnership: Partnership, by: User | System, *, at: datetime) -> None:
    """Raise PermissionDenied unless the actor is a business manager there, or the system."""
    if isinstance(by, User) and partnership not in partnerships_run_by(by, at=at):
        raise PermissionDenied


def partner_seats_of(user: User, case: Case, *, at: datetime) -> list[Agency]:
    """The safeguarding partners for which this person may sign on the case."""
    return signs_for(user, [case], at=at)[case.pk]


def signs_for(user: User, cases: Collection[Case], *, at: datetime) -> dict[uuid.UUID, list[Agency]]:
    """The safeguarding partners for which this person may sign, by the key of each case. Three queries.

    None for a case from which they are recused. Nor does anybody sign in place of a recused partner: the body's
    other holder does, and who stands in for that one.
    """
    if not cases:
        return {}
    through = user.stands_for(at=at)
    seats = Seat.objects.filter(
        pk__in=set().union(*through.values()), role=Role.DELEGATED_PARTNER,
        agency__is_safeguarding_partner=True, agency__is_active=True,
    )  # fmt: skip
    partners = list(seats.select_related("agency").order_by("agency__name"))
    recused = recused_by_case(case.pk for case in cases) if partners else {}
    found: dict[uuid.UUID, list[Agency]] = {}
    for case in cases:
        out = recused.get(case.pk, frozenset())
        through_whom = [mine for person, mine in through.items() if person not in out]
        open_seats = set().union(*through_whom) if user.pk not in out else set()
        found[case.pk] = [
            seat.agency
            for seat in partners
            if seat.agency and seat.pk in open_seats and seat.partnership_id == case.partnership_id
        ]
    return found


def safeguarding_partners_in(case: Case) -> QuerySet[Agency]:
    """The bodies that sign this case off."""
    return Agency.objects.filter(
        partnership_id=case.partnership_id, is_safeguarding_partner=True, is_active=True
    )


def nobody_can_sign_for(case: Case, partners: Iterable[Agency], *, at: datetime) -> list[Agency]:
    """Of these safeguarding partners, those for which nobody may sign on this case: all who could are recused."""
    recused = case.recused()
    if not recused:
        return []
    on = local_date(at)
    seats = Seat.objects.filter(role=Role.DELEGATED_PARTNER)
    return [
        partner
        for partner in partners
        if people_in(seats.filter(agency=partner), on=on)
        and not people_in(seats.filter(agency=partner), on=on, without=recused)
    ]
