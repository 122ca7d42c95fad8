"""Rules of proof and of what leaves: the ledger tells of everything, is never changed, and nothing stays in a cache."""

from tests.mutants.mutant import Mutant

LEDGER = "workflows/services/ledger.py"
TOLD = "workflows/middleware.py"
TAMPERED = "tests/workflows/test_ledger.py::test_a_thousand_tamperings_are_found_a_thousand_times"

MUTANTS = (
    Mutant(
        "A page of which the ledger cannot tell is not shown.",
        TOLD,
        "            append_all(notes.shown, at=at(request))",
        "            try:\n                append_all(notes.shown, at=at(request))\n"
        "            except Exception:\n                pass",
        ("tests/reviews/test_told.py::test_nothing_is_shown_of_which_the_ledger_cannot_tell",),
    ),
    Mutant(
        "A page that noted nothing of what it shows is withheld.",
        TOLD,
        "        if not notes.is_told:\n",
        "        if not notes:\n",
        ("tests/reviews/test_told.py::test_a_page_that_forgets_to_note_what_it_shows_is_withheld",),
    ),
    Mutant(
        "That somebody looked is written down.",
        "reviews/views/base.py",
        "    note_shown(request, found, action, parts=parts)\n    return found\n",
        "    return found\n",
        ("tests/reviews/test_reading.py",),
    ),
    Mutant(
        "That somebody asked for what they may not see is written down.",
        "workflows/showing.py",
        '    note_refused(request, model, pk, "not-visible")\n',
        "",
        ("tests/reviews/test_told.py::test_what_may_not_be_seen_and_what_is_not_there_are_refused_alike",),
    ),
    Mutant(
        "An entry stands or falls with what it tells of.",
        LEDGER,
        "    if not connection.in_atomic_block:\n",
        "    if not connection:\n",
        ("tests/workflows/test_ledger.py::test_no_entry_is_written_outside_a_transaction",),
    ),
    Mutant(
        "A deputy's entry says for whom.",
        LEDGER,
        "for on_behalf_of, listed in _parts_of(told, at=at) if end.is_deputising else",
        "for on_behalf_of, listed in _parts_of(told, at=at) if not end else",
        ("tests/workflows/test_ledger.py::test_a_deputy_acts_on_behalf_of_whose_seat_opens_the_case",),
    ),
    Mutant(
        "Each entry is sealed with the one before it.",
        "workflows/sealing.py",
        "if (row.sequence, row.previous) != (last.sequence + 1, last.hash) or not _is_sound(row):",
        "if row.sequence != last.sequence + 1 or not _is_sound(row):",
        (TAMPERED, "tests/workflows/test_ledger.py"),
    ),
    Mutant(
        "Each entry is sealed as it stands.",
        "workflows/sealing.py",
        "    return row.hash == seal(row)\n",
        "    return bool(row.hash)\n",
        (TAMPERED,),
    ),
    Mutant(
        "An entry of the ledger is never changed.",
        "workflows/triggers.py",
        'APPEND_ONLY = ("workflows_fact", "workflows_transitionrecord", "workflows_ledgerentry")',
        'APPEND_ONLY = ("workflows_fact", "workflows_transitionrecord")',
        ("tests/workflows/test_ledger.py::test_nothing_is_changed_or_taken_out",),
        in_the_database=True,
    ),
    Mutant(
        "No mail about a case leaves of which the ledger does not tell.",
        "notifications/services/delivering.py",
        "            append_all([told], at=moment.now)\n",
        "            del told\n",
        ("tests/reviews/test_told.py::test_a_mail_about_a_case_is_told_before_it_leaves",),
    ),
    Mutant(
        "The ledger is read by auditors.",
        "reviews/services/auditing.py",
        ".filter(role=Role.AUDITOR)",
        ".exclude(role=Role.PANEL)",
        ("tests/reviews/test_auditing.py::test_for_anybody_else_there_is_no_such_page",),
    ),
    Mutant(
        "An auditor reads of the cases of their partnership.",
        "reviews/services/auditing.py",
        "cases = Subject.objects.filter(partnership__in=partnerships, root=None).order_by()",
        "cases = Subject.objects.filter(root=None).order_by()",
        ("tests/reviews/test_auditing.py::test_what_another_partnership_shows_is_not_in_it",),
    ),
    Mutant(
        "Of what a list showed, an auditor reads the codes of their partnership.",
        "reviews/services/auditing.py",
        "listed=[code for code in e.listed.split() if code in ours],",
        "listed=e.listed.split(),",
        ("tests/reviews/test_auditing.py",),
    ),
    Mutant(
        "Unusual access is not told to the person themselves.",
        "reviews/services/unusual.py",
        "if str(one.pk) != person]",
        "if one]",
        ("tests/reviews/test_auditing.py::test_an_alert_is_told_to_others_than_the_person_by_reference_alone",),
    ),
    # ---- What leaves
    Mutant(
        "No page stays in a cache.",
        "accounts/pages/middleware.py",
        '        response.headers.setdefault("Cache-Control", "no-store")\n',
        "",
        ("tests/house/test_headers.py::test_every_answer_of_every_address_carries_every_header",),
    ),
    Mutant(
        "Signing out empties what the browser holds.",
        "accounts/pages/middleware.py",
        'if getattr(request, "has_signed_out", False):',
        "if not request:",
        ("tests/house/test_headers.py::test_signing_out_empties_what_the_browser_holds",),
    ),
    Mutant(
        "A page loads nothing but what is named.",
        "accounts/pages/middleware.py",
        "\"default-src 'none'\",",
        "\"default-src 'self'\",",
        ("tests/accounts/test_pages_middleware.py::test_a_page_loads_and_sends_to_this_site_alone",
         "tests/house/test_headers.py"),
    ),
    Mutant(
        "No cell of a file is a formula.",
        "reviews/services/exporting.py",
        "return \"'\" + text if text[:1] in",
        "return text if text[:1] in",
        ("tests/reviews/test_export.py::test_no_cell_of_a_file_is_taken_for_a_formula",),
    ),
    Mutant(
        "A sealed value opens in the row it was sealed for.",
        "reviews/sealing.py",
        'return f"rapid-review {VERSION} {name} {place}".encode()',
        'return f"rapid-review {VERSION} {name}".encode()',
        ("tests/reviews/test_identifiers.py::test_a_value_put_into_another_child_s_row_does_not_open",),
    ),
    Mutant(
        "The Panel's record names no child.",
        "reviews/services/exporting.py",
        '"pseudonym": f"Child {child.number}",',
        '"pseudonym": child.name,',
        ("tests/reviews/test_export.py::test_a_child_has_a_number_and_an_age_and_neither_name_nor_birthday",),
    ),
    Mutant(
        "A copy for one child names no other.",
        "reviews/services/disclosing.py",
        "if correction.child_id in (None, child and child.pk):",
        "if correction:",
        ("tests/reviews/test_disclosing.py::test_a_copy_holds_what_is_held_about_a_child_and_names_no_other",),
    ),
    Mutant(
        "What is blacked out is overwritten.",
        "reviews/services/disclosing.py",
        "    current.parts = parts\n    told =",
        "    told =",
        ("tests/reviews/test_disclosing.py::test_what_is_blacked_out_is_not_in_the_bytes_of_any_file",),
    ),
)  # fmt: skip
