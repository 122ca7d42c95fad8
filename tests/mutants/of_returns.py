"""Rules of returns: who reads which version, what a late one must say, and who sees how far the agencies are."""

from tests.mutants.mutant import Mutant

VERSIONS = "tests/reviews/test_versions.py"
PROGRESS = "tests/reviews/test_progress.py"

MUTANTS = (
    Mutant(
        "A version that was not signed off is read by its agency alone.",
        "reviews/services/versions.py",
        "[one for one in found if one.was_signed_off]",
        "found",
        (f"{VERSIONS}::test_the_agency_reads_every_version_and_others_those_that_were_signed_off",),
    ),
    Mutant(
        "A version is read by who may read what the agency answers.",
        "reviews/services/versions.py",
        "    if not shows_answers(agency_return, held):\n        return []\n",
        "",
        (f"{VERSIONS}::test_while_the_agency_writes_again_others_see_none_as_with_its_answers",),
    ),
    Mutant(
        "How far agencies are, and whom to ring, is for who runs reviews.",
        "reviews/views/progress.py",
        "if not access.partnerships_run_by(user, at=at(request)):",
        "if user.is_anonymous:",
        (f"{PROGRESS}::test_it_is_for_who_runs_the_reviews_alone",),
    ),
    Mutant(
        "The board has the returns that the person may take in, and no others.",
        "reviews/services/progress.py",
        "AgencyReturn.objects.granted(user, PERMISSION, at=at)",
        "AgencyReturn.objects",
        (f"{PROGRESS}::test_one_partnership_is_a_wall_and_a_recused_manager_sees_nothing_of_the_case",),
    ),
    Mutant(
        "Whom to ring is nobody who is recused from the case.",
        "reviews/services/progress.py",
        "without=recused.get(one.case_id, ())",
        "without=()",
        (f"{PROGRESS}::test_who_holds_many_seats_is_who_holds_each",),
    ),
    Mutant(
        "What stands in a return that came another way is recorded when somebody has said yes to it.",
        "reviews/views/checking.py",
        'if self.request.POST.get("confirmed") != mark:',
        "if not mark:",
        ("tests/reviews/test_received.py::test_what_will_be_recorded_is_shown_first_and_recorded_when_it_is_confirmed",),
    ),
    Mutant(
        "A late return says why.",
        "reviews/services/returns.py",
        "    if not reason.strip():\n        raise NotMet(\"This return is late.",
        "    if False:\n        raise NotMet(\"This return is late.",
        ("tests/reviews/test_late_returns.py::test_from_the_first_late_minute_it_is_refused_without_a_reason",),
    ),
)  # fmt: skip
