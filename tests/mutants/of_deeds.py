"""Rules of what may be done: who may do which verb, what takes a second person, and what nothing may touch."""

from tests.mutants.mutant import Mutant

MOVING = "workflows/services/moving.py"
GLASS = "workflows/services/break_glass.py"
OPERATOR = (
    "tests/reviews/test_break_glass.py::test_an_operator_sees_nothing_until_two_agreed_and_then_for_an_hour"
)
IN_CHARGE = (
    "tests/reviews/test_break_glass.py::test_who_asked_and_was_put_in_charge_since_decides_nothing_about_it"
)
SEATS = "tests/reviews/test_what_each_seat_may_do.py::test_a_seat_may_do_this_and_nothing_else"
AHEAD = "tests/reviews/test_break_glass.py::test_recusal_is_ahead_of_break_glass"
WHO_SHARES = "tests/reviews/test_sharing.py::test_only_a_business_manager_shares_and_only_across_the_border_for_a_while"
TWO_OF_RETENTION = "tests/reviews/test_disposal.py::test_one_proposes_and_another_agrees"
RELEASE = "tests/reviews/test_disclosing.py::test_another_person_releases_it_as_they_read_it"
EXPIRES = "tests/reviews/test_disclosing.py::test_a_copy_can_be_taken_until_it_expires_and_is_emptied_then"
NOT_MINE = "tests/reviews/test_access.py::test_what_is_not_mine_cannot_be_acted_on"
LOOK_NOT_ACT = "tests/reviews/test_access.py::test_who_may_look_may_not_act"
A_LOSS = "tests/reviews/test_administration_accounts.py::test_what_is_refused_of_a_loss"

MUTANTS = (
    # ---- Each verb takes its permission
    Mutant(
        "A move is made by who holds its permission.",
        MOVING,
        "    if not current.permits(by, str(details.permission), at=at):\n        raise PermissionDenied\n",
        "",
        ("tests/workflows/test_moving.py::test_a_move_by_somebody_who_may_not_is_refused",),
    ),
    Mutant(
        "A part of a case is begun by who holds the permission on the case.",
        MOVING,
        "        if not subject.root.permits(by, beginning.permission, at=at):\n            raise PermissionDenied\n",
        "",
        ("tests/workflows/test_moving.py::test_the_permission_to_begin_a_part_is_asked_of_the_case",),
    ),
    Mutant(
        "A change that is no move is made by who holds its permission.",
        MOVING,
        "    if not current.permits(by, permission, at=at):\n        raise PermissionDenied\n",
        "",
        (WHO_SHARES, "tests/reviews/test_disposal.py::test_a_recused_person_does_neither"),
    ),
    Mutant(
        "What only time may do no person does, whatever they were granted.",
        "workflows/models/subjects.py",
        "if permission == only_the_system or by is SYSTEM:\n            return by is SYSTEM",
        "if by is SYSTEM:\n            return True",
        ("tests/workflows/test_moving.py::test_what_only_time_may_do_no_person_may_though_somebody_granted_it",),
    ),
    Mutant(
        "A member of the sub-group reads, and decides nothing.",
        "reviews/services/access.py",
        'Role.SUB_GROUP_MEMBER: ("view_case", "read_whole_case"),',
        'Role.SUB_GROUP_MEMBER: ("view_case", "read_whole_case", "hold_meeting_case"),',
        (LOOK_NOT_ACT,),
    ),
    Mutant(
        "A lead partner answers for what the delegate decides, and signs nothing.",
        "reviews/services/access.py",
        'ON_CASE_BY_LEADS: tuple[str, ...] = ("view_case", "read_whole_case")',
        'ON_CASE_BY_LEADS: tuple[str, ...] = ("view_case", "read_whole_case", "sign_decision_case")',
        (SEATS,),
    ),
    Mutant(
        "A page to act on is refused to who may only look.",
        "reviews/views/base.py",
        "if self.permission and self.permission not in self.held:",
        "if not self.subject:",
        (LOOK_NOT_ACT, "tests/reviews/test_told.py::test_what_may_be_seen_and_not_done_is_refused_and_told"),
    ),
    Mutant(
        "A page to read that takes more than looking is refused to who may only look.",
        "reviews/views/base.py",
        "if not found.permits(signed_in(request), permission, at=at(request)):",
        "if not found:",
        ("tests/reviews/test_retention_pages.py::test_others_are_refused_and_a_neighbour_finds_nothing",
         "tests/reviews/test_disclosing.py::test_others_are_refused_and_everybody_confirms_who_they_are"),
    ),
    Mutant(
        "A partnership's rules are set by its business manager.",
        "reviews/services/access.py",
        "if isinstance(by, User) and partnership not in partnerships_run_by(by, at=at):",
        "if not partnership:",
        ("tests/reviews/test_retention.py::test_only_who_runs_the_partnership_says_how_long_what_is_kept",),
    ),
    Mutant(
        "A decision is signed for the partner whose seat one holds, and for no other.",
        "reviews/services/decisions.py",
        "    if partner not in access.partner_seats_of(by, case, at=at):\n        raise PermissionDenied\n",
        "",
        ("tests/reviews/test_decisions.py", "tests/reviews/test_recusal.py"),
    ),
    Mutant(
        "Nobody signs in the place of a recused partner.",
        "reviews/services/access.py",
        "through_whom = [mine for person, mine in through.items() if person not in out]",
        "through_whom = list(through.values())",
        ("tests/reviews/test_recusal.py",),
    ),
    # ---- Recusal
    Mutant(
        "Nobody answers an interest that they declared themselves.",
        "workflows/services/recusing.py",
        '    if current.person == by:\n        raise RecusalError("Somebody else must answer an interest of your own.")\n',
        "",
        ("tests/reviews/test_recusal.py::test_a_declared_interest_is_answered_by_another_and_before_that_closes_nothing",),
    ),
    Mutant(
        "A recusal says why.",
        "workflows/services/recusing.py",
        '    if not reason.strip():\n        raise RecusalError("Cannot record a recusal without a reason.")\n',
        "",
        ("tests/reviews/test_recusal.py::test_nobody_lifts_their_own_recusal",),
    ),
    # ---- Sharing
    Mutant(
        "A case is shared with a seat of another partnership, and with no other.",
        "workflows/services/sharing.py",
        "if seat.partnership_id in (None, current.partnership_id):",
        "if not seat:",
        (WHO_SHARES,),
    ),
    Mutant(
        "A case is shared for a year at most.",
        "workflows/services/sharing.py",
        " or ends_on - starts_on > LONGEST:",
        ":",
        (WHO_SHARES,),
    ),
    # ---- Break-glass
    Mutant(
        "Break-glass lasts 60 minutes.",
        GLASS,
        "LASTS = timedelta(minutes=60)",
        "LASTS = timedelta(minutes=61)",
        (OPERATOR,),
    ),
    Mutant(
        "To somebody from outside, a case is opened by two.",
        GLASS,
        "if current.needs_two and current.seconded_by is None:",
        "if not current:",
        (OPERATOR,),
    ),
    Mutant(
        "The second who agrees is another than the first.",
        GLASS,
        "elif current.seconded_by == by:",
        "elif not current:",
        (OPERATOR,),
    ),
    Mutant(
        "Nobody agrees to what they asked themselves.",
        GLASS,
        "    if current.person == by:\n        raise PermissionDenied\n    if not BreakGlass.objects.to_answer",
        "    if not BreakGlass.objects.to_answer",
        (IN_CHARGE,),
    ),
    Mutant(
        "Nobody closes the review of what was opened to them.",
        GLASS,
        "    if current.person == by:\n        raise PermissionDenied\n    if not words.strip():",
        "    if not words.strip():",
        (IN_CHARGE,),
    ),
    Mutant(
        "A case is not opened to who is recused from it by then.",
        GLASS,
        "if current.person_id in current.case.recused():",
        "if not current:",
        (AHEAD,),
    ),
    Mutant(
        "Who is recused asks in vain, as if there were no such case.",
        GLASS,
        "    if by.pk in case.recused():\n        return None\n",
        "",
        (AHEAD,),
    ),
    Mutant(
        "A request that nobody answered for a day has lapsed.",
        GLASS,
        "if not BreakGlass.objects.to_answer(since=at - LAPSES).filter(pk=current.pk).exists():",
        "if not BreakGlass.objects.to_answer(since=at - 99 * LAPSES).filter(pk=current.pk).exists():",
        ("tests/reviews/test_break_glass.py::test_a_request_lapses_and_who_sees_the_case_need_not_ask",),
    ),
    # ---- Retention, legal hold, subject access
    Mutant(
        "What one proposes to dispose of, another agrees to.",
        "reviews/services/retention.py",
        "    if current.proposed_by_id == by.pk:\n        raise PermissionDenied\n",
        "",
        (TWO_OF_RETENTION,),
    ),
    Mutant(
        "Nothing of a case that is held is proposed for disposal.",
        "reviews/services/retention.py",
        "        _must_be_due(current, record_class, at=at)\n        _must_not_be_held(current)\n",
        "        _must_be_due(current, record_class, at=at)\n",
        (
            "tests/reviews/test_disposal.py::test_a_held_case_is_on_the_list_and_is_not_disposed_of",
        ),
    ),
    Mutant(
        "A hold placed since it was proposed makes it refuse.",
        "reviews/services/retention.py",
        '        "holds": [holds.count(), holds.in_force().count()],\n',
        '        "holds": [],\n',
        (
            "tests/reviews/test_disposal.py::test_what_changed_since_makes_it_refuse",
        ),
    ),
    Mutant(
        "The database takes no certificate of disposal while a hold stands.",
        "workflows/triggers.py",
        "WHERE case_id = NEW.case_id AND lifted_at IS NULL)\"",
        "WHERE case_id = NEW.case_id AND lifted_at IS NULL AND 1 = 0)\"",
        ("tests/reviews/test_disposal.py::test_the_database_takes_no_certificate_while_a_hold_stands",),
        in_the_database=True,
    ),
    Mutant(
        "Nothing of a case at work is disposed of.",
        "reviews/services/retention.py",
        "    if case.state not in Case.RESTING_STATES:\n",
        "    if not case:\n",
        ("tests/reviews/test_disposal.py::test_nothing_of_a_case_at_work_is_disposed_of",),
    ),
    Mutant(
        "A proposal counts while who made it still may.",
        "reviews/services/retention.py",
        "if not case.permits(current.proposed_by, MAY_REVIEW, at=at):",
        "if not case:",
        ("tests/reviews/test_disposal.py",),
    ),
    Mutant(
        "A proposal is agreed to while the case is as it was.",
        "reviews/services/retention.py",
        "if current.settled_at is None and (changed := changed_since(current, at=at)):",
        "if changed := []:",
        ("tests/reviews/test_disposal.py::test_what_changed_since_makes_it_refuse",),
    ),
    Mutant(
        "A subject-access copy is released by another than who made it.",
        "reviews/services/disclosing.py",
        "    if current.prepared_by_id == by.pk:\n        raise PermissionDenied\n",
        "",
        (RELEASE,),
    ),
    Mutant(
        "A copy is released as it was read.",
        "reviews/services/disclosing.py",
        "if seen != mark_of(current):",
        "if not seen:",
        (RELEASE,),
    ),
    Mutant(
        "A copy is taken once it is released, until it expires or is withdrawn.",
        "reviews/keeping/disclosures.py",
        "    if not copy.can_be_taken(at=at(request)):\n        raise Http404\n",
        "",
        (EXPIRES, "tests/reviews/test_disclosing.py"),
    ),
    Mutant(
        "A copy that has expired is not to be had.",
        "reviews/models/disclosures.py",
        " and at < self.expires_at)",
        ")",
        (EXPIRES,),
    ),
    # ---- Bank holidays, and the looking after
    Mutant(
        "A bank holiday that one proposes, another confirms.",
        "workflows/services/changing.py",
        "if change.takes_two and (not isinstance(by, User) or by.pk == change.proposed_by_id):",
        "if not change:",
        ("tests/workflows/test_changing.py::test_edge_3_a_day_added_by_hand_takes_a_second_person",),
    ),
    Mutant(
        "Bank holidays are changed by administrators.",
        "workflows/services/changing.py",
        "if not isinstance(by, System) and not is_administrator(by, at=at):",
        "if not by:",
        ("tests/workflows/test_changing.py::test_nobody_but_an_administrator_proposes_confirms_or_withdraws",),
    ),
    Mutant(
        "An administrator looks after what belongs to their own partnership.",
        "reviews/administration/views.py",
        "found = [p for p in self.administered if thing is not None and p.pk == thing.partnership_id]",
        "found = list(self.administered)",
        ("tests/reviews/test_administration_agencies.py", "tests/reviews/test_administration_people.py",
         "tests/reviews/test_administration_accounts.py"),
    ),
    Mutant(
        "The account of a person is for who looks after a seat of theirs.",
        "reviews/administration/accounts.py",
        ".filter(memberships__seat__partnership__in=self.administered)",
        ".filter(memberships__seat__partnership__isnull=False)",
        ("tests/reviews/test_administration_accounts.py",),
    ),
    Mutant(
        "Who reported a loss of factors does not agree to it.",
        "accounts/services/standing.py",
        "if agrees and by == loss.asked_by:",
        "if not loss:",
        (
            "tests/reviews/test_administration_accounts.py::"
            "test_two_administrators_agree_that_factors_are_lost_and_the_person_sets_up_new_ones",
        ),
    ),
    Mutant(
        "Nobody agrees to the loss of their own factors.",
        "accounts/services/standing.py",
        "if agrees and by == person:",
        "if not loss:",
        (A_LOSS,),
    ),
)  # fmt: skip
