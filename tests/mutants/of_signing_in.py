"""Rules at the door: a second factor for all, when a session ends, what is asked twice, and what is declared."""

from tests.mutants.mutant import Mutant

FACTOR = "accounts/pages/second_factor.py"
SESSIONS = "accounts/services/sessions.py"
ENDS = "tests/accounts/test_second_factor.py::test_a_session_ends_after_15_idle_minutes_and_after_8_hours"
ASKED_TWICE = (
    "tests/accounts/test_second_factor.py::test_what_is_worth_asking_twice_is_asked_after_ten_minutes"
)
ALL_ASKED_TWICE = "tests/house/test_asked_twice.py::test_these_pages_and_no_others_ask_again_who_it_is"
LEAVER = "tests/reviews/test_administration_accounts.py::test_a_leaver_is_out_with_the_next_request_and_what_they_alone_owed_is_named"
METHODS = "tests/house/test_manifest.py::test_a_method_that_is_not_declared_is_answered_before_anybody_asks_who_it_is"

MUTANTS = (
    Mutant(
        "Every page asks for sign-in.",
        "config/settings.py",
        '    "accounts.pages.middleware.SignInRequired",\n',
        "",
        ("tests/reviews/test_access_from_outside.py",),
    ),
    Mutant(
        "Every page asks for a second factor, of everybody.",
        FACTOR,
        "elif not sessions.is_whole(request.session):",
        "elif not request:",
        ("tests/accounts/test_second_factor.py::test_a_password_alone_opens_nothing_and_leads_to_setting_up",),
    ),
    Mutant(
        "A second factor counts for the person who used it.",
        SESSIONS,
        '    if session.get("account_authentication_methods_user") != session.get(SESSION_KEY):\n        return []\n',
        "",
        ("tests/accounts/test_second_factor.py::test_a_second_factor_of_somebody_else_does_not_count",),
    ),
    Mutant(
        "A session that has ended is no more.",
        FACTOR,
        "if at >= sessions.ends_at(request.session):",
        "if not request:",
        (ENDS,),
    ),
    Mutant(
        "A session ends after 15 idle minutes.",
        SESSIONS,
        "IDLE = timedelta(minutes=15)",
        "IDLE = timedelta(minutes=16)",
        (ENDS,),
    ),
    Mutant(
        "A session ends after 8 hours.",
        SESSIONS,
        "return min(seen + IDLE, began + LONGEST)",
        "return seen + IDLE",
        (ENDS,),
    ),
    Mutant(
        "A suspended person sees nothing but why.",
        FACTOR,
        'and getattr(request.user, "suspended_at", None)',
        "and not request",
        ("tests/reviews/test_administration_accounts.py::"
         "test_a_suspended_person_reads_why_sees_nothing_and_is_let_back_by_an_administrator",),
    ),
    Mutant(
        "To close an account ends its sessions.",
        "accounts/services/standing.py",
        "    user.is_active = False\n    user.save(update_fields=[\"is_active\"])\n    sessions.end_all(user, by=by, at=at)\n",
        "    user.is_active = False\n    user.save(update_fields=[\"is_active\"])\n",
        (LEAVER,),
    ),
    Mutant(
        "A closed account is nobody's.",
        "accounts/services/standing.py",
        "    user.is_active = False\n    user.save(update_fields=[\"is_active\"])\n",
        "",
        (LEAVER,),
    ),
    Mutant(
        "To end somebody's sessions ends them wherever they are kept.",
        SESSIONS,
        'update(session_seal=F("session_seal") + 1)',
        'update(session_seal=F("session_seal"))',
        ("tests/accounts/test_second_factor.py", "tests/reviews/test_administration_accounts.py"),
    ),
    Mutant(
        "A code of an app is taken once.",
        "accounts/services/factors.py",
        "if step > after and secrets.compare_digest(",
        "if secrets.compare_digest(",
        ("tests/accounts/test_second_factor.py::"
         "test_bad_input_76_a_code_that_was_used_is_refused_and_so_is_any_before_it",),
    ),
    Mutant(
        "Ten wrong codes are too many.",
        "accounts/services/limits.py",
        'CODE: "10/15m/key,100/h/ip",',
        'CODE: "11/15m/key,100/h/ip",',
        ("tests/accounts/test_second_factor.py::test_ten_wrong_codes_are_too_many_for_a_quarter_of_an_hour_and_not_for_good",),
    ),
    Mutant(
        "Ten wrong passwords are too many.",
        "accounts/services/limits.py",
        'SIGN_IN: "10/15m/key,100/h/ip",',
        'SIGN_IN: "11/15m/key,100/h/ip",',
        ("tests/accounts/test_limits.py::test_ten_tries_in_a_quarter_of_an_hour_for_one_address_known_or_not",),
    ),
    Mutant(
        "A factor is added beside others by who has confirmed with one.",
        "accounts/views/factors.py",
        "if not sessions.is_whole(request.session) and factors.has_factor(user):",
        "if not request:",
        ("tests/accounts/test_second_factor.py::test_a_session_of_a_password_cannot_add_a_factor_beside_those_there_are",),
    ),
    Mutant(
        "The last factor stays.",
        "accounts/services/factors.py",
        "not Authenticator.objects.filter(user=factor.user_id, type__in=STRONG).exclude(pk=factor.pk).exists()",
        "not factor",
        ("tests/accounts/test_second_factor.py::test_the_last_factor_stays_and_another_lets_it_go",),
    ),
    Mutant(
        "A provider of sign-ins speaks for the people of its own domains.",
        "accounts/services/providers.py",
        'return user if user.email.rpartition("@")[2].casefold() in domains else None',
        "return user",
        ("tests/accounts/test_providers.py::test_nobody_is_signed_up_and_no_provider_speaks_for_the_people_of_another",),
    ),
    # ---- What is asked twice
    Mutant(
        "A page of grave acts asks again who it is.",
        "accounts/pages/stepping_up.py",
        "return must_step_up(request) or super().dispatch(request, *args, **kwargs)",
        "return super().dispatch(request, *args, **kwargs)",
        (ASKED_TWICE,),
    ),
    Mutant(
        "A file that is taken asks again who it is.",
        "accounts/pages/stepping_up.py",
        "return must_step_up(request) or view(request, *args, **kwargs)",
        "return view(request, *args, **kwargs)",
        ("tests/reviews/test_disclosing.py::test_others_are_refused_and_everybody_confirms_who_they_are",),
    ),
    Mutant(
        "A confirmation is good for ten minutes.",
        SESSIONS,
        "STEP_UP = timedelta(minutes=10)",
        "STEP_UP = timedelta(minutes=11)",
        (ASKED_TWICE,),
    ),
    Mutant(
        "The file of cases asks again who it is.",
        "reviews/views/cases.py",
        "@step_up\ndef case_list_csv",
        "def case_list_csv",
        (ALL_ASKED_TWICE,),
    ),
    Mutant(
        "To ask for emergency access asks again who it is.",
        "reviews/sight/break_glass.py",
        "class AskToSee(StepUp, FormPage):",
        "class AskToSee(FormPage):",
        (ALL_ASKED_TWICE,),
    ),
    Mutant(
        "To give a person a seat asks again who it is.",
        "reviews/administration/people.py",
        "class AddPerson(StepUp, AdministrationForm):",
        "class AddPerson(AdministrationForm):",
        (ALL_ASKED_TWICE,),
    ),
    # ---- The manifest
    Mutant(
        "An address that nobody declared is not there.",
        "config/manifest.py",
        "        if line is None:\n            raise Http404\n        if request.method in line.methods:",
        "        if line is None or request.method in line.methods:",
        ("tests/house/test_manifest.py::test_an_address_that_nobody_declared_is_not_there",),
    ),
    Mutant(
        "A method that nobody declared is not answered.",
        "config/manifest.py",
        "        if request.method in line.methods:\n            return None",
        "        if request.method:\n            return None",
        (METHODS,),
    ),
    Mutant(
        "Nobody is signed out by a link.",
        "config/permissions.toml",
        '"sign-out/" = { page = "Sign out", who = "public", methods = "POST" }',
        '"sign-out/" = { page = "Sign out", who = "public", methods = "GET POST" }',
        ("tests/house/test_bad_input_at_the_edge.py::"
         "test_bad_input_73_no_address_is_moved_by_a_method_that_it_does_not_take",),
    ),
)  # fmt: skip
