"""Rules of sight: who sees which case, return and record, in a page, a list, a search, a file and a calendar."""

from tests.mutants.mutant import Mutant

SIGHT = "workflows/models/sight.py"
PEOPLE = "accounts/models.py"
ACCESS = "reviews/services/access.py"
A_RECUSED_PERSON = "tests/reviews/test_recusal.py::test_who_is_recused_sees_nothing_of_the_case_anywhere"
EVERYBODY = "tests/reviews/test_access.py::test_everybody_sees_what_is_theirs_and_nothing_else"
ANY_WORLD = (
    "tests/reviews/test_any_world.py::test_list_page_count_and_permit_agree_with_the_rule_in_any_world"
)
BREAK_GLASS = (
    "tests/reviews/test_break_glass.py::test_an_operator_sees_nothing_until_two_agreed_and_then_for_an_hour"
)
SHARE_PAGE = "tests/reviews/test_sharing.py::test_the_other_side_sees_the_page_of_the_case_and_nothing_else"
SHARE_DAYS = "tests/reviews/test_sharing.py::test_a_share_is_seen_from_its_first_day_to_its_last"
FILES = "tests/reviews/test_attachment_pages.py"
ACROSS = "tests/reviews/test_sharing.py::test_recusal_and_cover_hold_across_the_border"

MUTANTS = (
    # ---- The rule of sight, as the database is asked it
    Mutant(
        "Who is recused sees nothing, whatever their seats.",
        SIGHT,
        "WHERE NOT {i_am_barred} AND NOT {they_are_barred} AND g.group_id IN",
        "WHERE NOT {they_are_barred} AND g.group_id IN",
        (A_RECUSED_PERSON, ANY_WORLD),
    ),
    Mutant(
        "Nobody sees anything in the place of somebody who is recused.",
        SIGHT,
        "WHERE NOT {i_am_barred} AND NOT {they_are_barred} AND g.group_id IN",
        "WHERE NOT {i_am_barred} AND g.group_id IN",
        ("tests/reviews/test_recusal.py::test_nobody_acts_for_a_recused_person_through_that_person_s_seat", ANY_WORLD),
    ),
    Mutant(
        "Who is recused sees nothing, also where they were granted it in person.",
        SIGHT,
        "WHERE NOT {i_am_barred} AND g.user_id = {me}",
        "WHERE g.user_id = {me}",
        (ANY_WORLD,),
    ),
    Mutant(
        "Recusal is ahead of break-glass.",
        SIGHT,
        "WHERE NOT {i_am_barred} AND o.person_id = {me}",
        "WHERE o.person_id = {me}",
        ("tests/reviews/test_break_glass.py::test_recusal_is_ahead_of_break_glass", ANY_WORLD),
    ),
    Mutant(
        "Break-glass ends by itself.",
        SIGHT,
        " AND o.until > {now} AND o.ended_at IS NULL",
        " AND o.ended_at IS NULL",
        (BREAK_GLASS,),
    ),
    Mutant(
        "Break-glass that was ended before its hour is over opens nothing more.",
        SIGHT,
        " AND o.until > {now} AND o.ended_at IS NULL",
        " AND o.until > {now}",
        ("tests/reviews/test_break_glass.py",),
    ),
    Mutant(
        "Break-glass opens a case to the person who asked, and to nobody else.",
        SIGHT,
        "AND o.person_id = {me} AND o.opened_at",
        "AND o.opened_at",
        ("tests/reviews/test_break_glass.py", ANY_WORLD),
    ),
    Mutant(
        "Break-glass and a share give looking, and nothing more.",
        SIGHT,
        "        if codename != self.view and codename not in self.kind.READING:\n            return []\n",
        "",
        (BREAK_GLASS, SHARE_PAGE, ANY_WORLD),
    ),
    Mutant(
        "A share shows the page of a case, and nothing of what was decided in it.",
        SIGHT,
        "if self.kind.IS_CASE and codename == self.view:",
        "if self.kind.IS_CASE:",
        (SHARE_PAGE,),
    ),
    Mutant(
        "Who is recused sees nothing through a share.",
        SIGHT,
        "WHERE NOT {i_am_barred} AND NOT {they_are_barred}\n",
        "WHERE NOT {they_are_barred}\n",
        (ACROSS, ANY_WORLD),
    ),
    Mutant(
        "Nobody sees through a share in the place of somebody who is recused.",
        SIGHT,
        "WHERE NOT {i_am_barred} AND NOT {they_are_barred}\n",
        "WHERE NOT {i_am_barred}\n",
        (ACROSS, ANY_WORLD),
    ),
    Mutant(
        "A share ends after its last day.",
        SIGHT,
        " AND o.ends_on >= {on}",
        "",
        (SHARE_DAYS,),
    ),
    Mutant(
        "A share begins on its first day.",
        SIGHT,
        " AND o.starts_on <= {on}",
        "",
        (SHARE_DAYS,),
    ),
    Mutant(
        "A share that was ended shows nothing more.",
        SIGHT,
        " AND o.revoked_at IS NULL",
        "",
        ("tests/reviews/test_sharing.py",),
    ),
    Mutant(
        "A superuser may do nothing by being one.",
        "workflows/models/subjects.py",
        "        return bool(rows_of(asked))",
        "        return by.is_superuser or bool(rows_of(asked))",
        ("tests/reviews/test_access.py::test_a_superuser_sees_nothing_by_being_one", ANY_WORLD),
    ),
    Mutant(
        "A superuser sees nothing by being one.",
        "workflows/models/subjects.py",
        "        return self.granted(user, self.view_codename, at=at)",
        "        return self.all() if user.is_superuser else self.granted(user, self.view_codename, at=at)",
        ("tests/reviews/test_access.py::test_a_superuser_sees_nothing_by_being_one",),
    ),
    # ---- Seats, and who stands in for whom
    Mutant(
        "Partnerships are walls: cover opens no seat where the deputy holds none.",
        PEOPLE,
        "if seat not in own and partnership in walls:",
        "if seat not in own:",
        ("tests/accounts/test_deputies.py",),
    ),
    Mutant(
        "A deputy sees nothing after the last day of cover.",
        PEOPLE,
        "AND d.ends_on >= %s AND u.is_active",
        "AND (d.ends_on >= %s OR 1 = 1) AND u.is_active",
        ("tests/reviews/test_access.py::test_a_deputy_sees_from_the_first_day_to_the_last",),
    ),
    Mutant(
        "A deputy sees nothing before the first day of cover.",
        PEOPLE,
        "AND d.starts_on <= %s AND d.ends_on",
        "AND (d.starts_on <= %s OR 1 = 1) AND d.ends_on",
        ("tests/reviews/test_access.py::test_a_deputy_sees_from_the_first_day_to_the_last",),
    ),
    Mutant(
        "Nobody stands in for somebody whose account is closed.",
        PEOPLE,
        " AND u.is_active\n)",
        "\n)",
        ("tests/reviews/test_access.py::test_the_deputy_of_somebody_who_left_sees_nothing",),
    ),
    Mutant(
        "Who left a seat sees nothing after their last day.",
        PEOPLE,
        "(m.ends_on IS NULL OR m.ends_on >= %s)",
        "(m.ends_on IS NULL OR m.ends_on >= %s OR 1 = 1)",
        ("tests/reviews/test_access.py::test_a_member_sees_to_the_end_of_their_last_day",),
    ),
    Mutant(
        "Who is to hold a seat sees nothing before their first day.",
        PEOPLE,
        "(m.starts_on IS NULL OR m.starts_on <= %s)",
        "(m.starts_on IS NULL OR m.starts_on <= %s OR 1 = 1)",
        ("tests/reviews/test_access.py::test_a_member_sees_nothing_before_their_first_day",),
    ),
    Mutant(
        "A closed or suspended account acts for no seat.",
        PEOPLE,
        "        if not self.is_active or self.suspended_at:\n            return {}\n",
        "",
        ("tests/accounts/test_deputies.py",),
    ),
    Mutant(
        "An agency sees its own return and none of another's.",
        ACCESS,
        "agency = [(seat(role, agency_return.agency), verbs) for role, verbs in ON_RETURN_BY_AGENCY.items()]",
        "agency = [(seat(role, one), verbs) for role, verbs in ON_RETURN_BY_AGENCY.items()\n"
        "                  for one in agency_return.partnership.agencies.all()]",
        (EVERYBODY,),
    ),
    # ---- Pages, lists, searches, files
    Mutant(
        "The page of what may not be seen is not there.",
        "reviews/views/base.py",
        "found = model.objects.visible_to(user, at=now).filter(pk=pk).first()",
        "found = model.objects.filter(pk=pk).first()",
        ("tests/reviews/test_access.py::test_bad_input_64_what_is_not_mine_is_as_if_it_were_not_there",),
    ),
    Mutant(
        "What more there is to read of a case is not there for whom it is merely shared with.",
        "reviews/views/base.py",
        "if wanted and not wanted <= found.permissions_of(signed_in(request), at=at(request)):",
        "if wanted is None:",
        (SHARE_PAGE,),
    ),
    Mutant(
        "The list of cases is of those that one may see.",
        "reviews/views/cases.py",
        "rows = Case.objects.newest(who, at=now, upto=upto)",
        'rows = Case.objects.order_by("-begun_at", "pk")',
        (EVERYBODY, "tests/reviews/test_lists.py"),
    ),
    Mutant(
        "A search and a file of cases is of those that one may see.",
        "reviews/views/cases.py",
        "rows = Case.objects.visible_to(who, at=now)",
        "rows = Case.objects.all()",
        ("tests/reviews/test_access.py::test_search_finds_nothing_of_another_partnership", A_RECUSED_PERSON),
    ),
    Mutant(
        "The code of a return that one may not see finds no case.",
        "reviews/views/cases.py",
        "returns = AgencyReturn.objects.visible_to(who, at=now).order_by()",
        "returns = AgencyReturn.objects.order_by()",
        ("tests/reviews/test_access.py",),
    ),
    Mutant(
        "The Panel's list is of the records that one may see.",
        "reviews/views/panel.py",
        "PanelRecord.objects.visible_to(signed_in(request), at=at(request))",
        "PanelRecord.objects.all()",
        ("tests/reviews/test_access.py", A_RECUSED_PERSON),
    ),
    Mutant(
        "The page of a case lists the returns that one may see.",
        "reviews/views/cases.py",
        "AgencyReturn.objects.visible_to(signed_in(request), at=at(request))",
        "AgencyReturn.objects.all()",
        ("tests/reviews/test_what_each_seat_may_do.py::test_the_page_of_a_case_leads_to_the_returns_that_one_may_see",),
    ),
    Mutant(
        "A child's name is on the page of a case for who runs it, and nobody else.",
        "reviews/views/cases.py",
        '"sees_names": "reviews.refer_case" in held,',
        '"sees_names": True,',
        ("tests/reviews/test_access.py::test_the_child_and_the_facts_are_nowhere_but_where_they_belong",
         "tests/reviews/test_identifiers.py::test_a_child_has_a_name_for_those_who_run_the_case_and_those_who_are_asked"),
    ),
    # ---- The calendar feed, and what is due
    Mutant(
        "What is due, on the page and in the calendar, is of what one may see.",
        "reviews/services/due.py",
        "seen |= Q(subject__in=kind.objects.visible_to(user, at=at).order_by().values(\"pk\"))",
        "seen |= Q(subject__in=kind.objects.order_by().values(\"pk\"))",
        ("tests/reviews/test_feeds.py::test_another_partnership_s_feed_has_nothing_of_ours", A_RECUSED_PERSON),
    ),
    Mutant(
        "The feed of a closed account is not there.",
        "reviews/services/feeds.py",
        "feed is None or not feed.user.is_active or feed.user.suspended_at:",
        "feed is None or feed.user.suspended_at:",
        ("tests/reviews/test_feeds.py::test_the_feed_of_an_inactive_person_and_of_nobody_are_the_same_not_found",),
    ),
    Mutant(
        "The feed of a suspended account is not there.",
        "reviews/services/feeds.py",
        "feed is None or not feed.user.is_active or feed.user.suspended_at:",
        "feed is None or not feed.user.is_active:",
        ("tests/reviews/test_feeds.py", "tests/reviews/test_administration_accounts.py"),
    ),
    Mutant(
        "The address of a feed that was ended leads nowhere.",
        "reviews/services/feeds.py",
        "filter(token_hash=_hash(token), ended_at=None).first()",
        "filter(token_hash=_hash(token)).first()",
        ("tests/reviews/test_feeds.py::test_edge_67_an_ended_address_is_not_found_and_a_new_one_ends_the_old",),
    ),
    # ---- What people are told
    Mutant(
        "Who is recused reads no notice about the case, not even an old one.",
        "notifications/models.py",
        "return self.for_person(user).not_barred() if user.is_active else self.none()",
        "return self.for_person(user) if user.is_active else self.none()",
        (A_RECUSED_PERSON, "tests/reviews/test_recusal.py::test_who_is_recused_is_told_nothing_more"),
    ),
    Mutant(
        "No mail about a case goes to who is recused from it by then.",
        "notifications/services/delivering.py",
        "if not Notice.objects.filter(pk=notice.pk).not_barred().exists():",
        "if not notice:",
        ("tests/reviews/test_recusal.py::test_who_is_recused_is_told_nothing_more",),
    ),
    Mutant(
        "No mail goes to a closed account.",
        "notifications/services/delivering.py",
        "if not notice.recipient.is_active:",
        "if not notice:",
        ("tests/notifications/test_delivering.py::test_whoever_left_is_not_written_to",),
    ),
    Mutant(
        "A notice leads to the page of what it is about for whoever may see that.",
        "notifications/services/reading.py",
        "if not type(subject).objects.visible_to(for_whom, at=at).filter(pk=subject.pk).exists():",
        "if not subject:",
        ("tests/notifications/test_pages.py::test_a_notice_about_what_i_may_not_see_leads_back_and_says_so",),
    ),
    Mutant(
        "What was sent about a case is read by who answers for it.",
        "notifications/services/reading.py",
        "found = kind.objects.granted(user, SEE_NOTICES, at=at).filter(pk=pk)",
        "found = kind.objects.filter(pk=pk)",
        ("tests/notifications/test_pages.py::test_what_was_sent_is_not_there_for_others",),
    ),
    # ---- Files of returns
    Mutant(
        "A file is taken by who may read what the agency answers.",
        "reviews/services/versions.py",
        "    if not shows_answers(agency_return, held):\n        return None\n",
        "",
        (f"{FILES}::test_who_may_read_the_answers_may_take_the_files_and_nobody_else",),
    ),
    Mutant(
        "A file is there under its own return alone.",
        "reviews/services/versions.py",
        "agency_return.attachments.kept().filter(pk=pk).first()",
        "Attachment.objects.kept().filter(pk=pk).first()",
        (f"{FILES}::test_a_file_of_one_return_is_not_there_under_another",),
    ),
    Mutant(
        "A file that was removed is taken by who may read a version that has it.",
        "reviews/services/versions.py",
        "return found if str(pk) in kept else None",
        "return found",
        (f"{FILES}::test_a_file_that_was_removed_is_taken_by_who_reads_the_version_that_has_it",),
    ),
    Mutant(
        "What was not found clean nobody takes.",
        "reviews/attachments/views.py",
        "if found is None or not found.can_be_taken:",
        "if found is None:",
        (f"{FILES}::test_bad_input_41_42_what_was_not_found_clean_nobody_takes",),
    ),
    Mutant(
        "The names of files are read by who may read what the agency answers.",
        "reviews/attachments/views.py",
        "is_open = shows_answers(it, held)",
        "is_open = bool(held)",
        (f"{FILES}::test_what_a_nil_return_left_behind_is_not_given_out",),
    ),
    Mutant(
        "Of who is not signed in no large file is read.",
        "accounts/pages/middleware.py",
        "if request.user.is_authenticated and not is_too_large:",
        "if not is_too_large:",
        (f"{FILES}::test_bad_input_38_from_nobody_and_for_other_pages_no_large_body_is_read",),
    ),
    Mutant(
        "Of a connection that was cut nothing is kept.",
        "accounts/pages/middleware.py",
        "return None if _came_whole(request) else errors.bad_request(request)",
        "return None",
        (f"{FILES}::test_bad_input_60_a_connection_that_is_cut_leaves_nothing",),
    ),
    Mutant(
        "Where there is a scanner, the choice to do without one counts for nothing.",
        "reviews/models/attachments.py",
        'return not settings.CLAMAV and settings.UNSCANNED_FILES == "served"',
        'return settings.UNSCANNED_FILES == "served"',
        ("tests/reviews/test_scanning.py::test_without_a_scanner_files_wait_unless_the_operator_chose_otherwise",),
    ),
)  # fmt: skip
