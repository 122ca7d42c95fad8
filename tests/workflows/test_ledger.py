"""The ledger: a chain for each case, in which every edit, gap, exchange and cut is found."""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.transaction import TransactionManagementError

from accounts.models import Agency, Role
from accounts.services import add_member, appoint_deputy, seat_for
from reviews.services import cases, returns
from reviews.services.recusals import recuse
from tests import factories
from tests.keys import meddle
from tests.standing import standing
from tests.workflows.bench import REFERRED_AT, a_case, a_notified_case, a_person
from workflows.actors import SYSTEM
from workflows.models import LedgerAnchor, LedgerEntry, LedgerHead, Subject
from workflows.origin import Origin, coming_from, mark_of_session
from workflows.sealing import FIRST_FORM, FORM, GENESIS, Head, Row, follow, seal
from workflows.services import ledger
from workflows.services.anchoring import BadAnchor, anchor_the_ledger, read_anchor, write_anchor
from workflows.services.ledger import Line, broken_links, moves_not_told


@standing
def case() -> Subject:
    """A case with five entries: three moves, and two that somebody read."""
    case = a_notified_case()
    una = a_person()
    for minute in (1, 2):
        ledger.append(case, "read", by=una, at=REFERRED_AT + timedelta(minutes=minute))
    assert list(case.ledger.values_list("action", flat=True)) == [
        "refer",
        "consider",
        "notify",
        "read",
        "read",
    ]
    return case


def wrong(case: Subject) -> list[int]:
    return [found.sequence for found in broken_links() if found.chain == case.pk]


# ---- What an entry says ------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_chain_that_nobody_touched_is_whole(case: Subject) -> None:
    assert (wrong(case), moves_not_told([case])) == ([], {})
    first, second, *_ = case.ledger.all()
    assert (first.previous, second.previous) == (GENESIS, first.hash)
    assert LedgerHead.objects.get(chain=case.pk).sequence == 5


@pytest.mark.django_db
def test_an_entry_says_who_when_from_where_and_what_was_changed() -> None:
    case, una = a_case(), a_person()
    with coming_from(Origin(session=mark_of_session("a key"), ip="192.0.2.7", request="f00d")):
        ledger.append(case, "correct", by=una, at=REFERRED_AT, changed=["place", "summary"])
    entry = case.ledger.last()
    assert entry is not None
    assert (entry.actor, entry.on_behalf_of, entry.session, entry.ip, entry.request) == (
        str(una.pk), "", mark_of_session("a key"), "192.0.2.7", "f00d",
    )  # fmt: skip
    assert (entry.action, entry.target, entry.outcome, entry.reason, entry.changed, entry.listed) == (
        "correct", f"reviews.case {case.pk}", "done", "", "place summary", "",
    )  # fmt: skip
    assert entry.at == REFERRED_AT
    assert abs(entry.recorded_at - datetime.now(UTC)) < timedelta(minutes=1)  # the clock of the database
    assert "a key" not in "".join(map(str, LedgerEntry.objects.filter(pk=entry.pk).values().get().values()))
    ledger.append(case, "read", by=una, at=REFERRED_AT)  # elsewhere, nothing of it is left
    assert list(case.ledger.values_list("ip", "session", "request"))[-1] == ("", "", "")


@pytest.mark.django_db
def test_a_deputy_acts_on_behalf_of_whose_seat_opens_the_case() -> None:
    # Given Ann, author for the GP, on leave; and Dee, author for the school of the same partnership, who covers her.
    world = factories.a_world()
    case = factories.a_notified_case(world)
    gp, school = factories.asked_returns(world, case).values()
    on = factories.NOTIFIED.date()
    ann, dee = world.gp_author, world.school_author
    appoint_deputy(ann, dee, starts_on=on, ends_on=on)

    # When Dee looks at both agencies' returns, then she does so for Ann in the one, and for herself in the other.
    told = [ledger.append(each, "read", by=dee, at=factories.NOTIFIED).on_behalf_of for each in (gp, school)]
    assert told == [str(ann.pk), ""]
    # Nor does she stand in for anybody the day after, or where a seat of her own opens it as well.
    assert ledger.append(gp, "read", by=dee, at=factories.NOTIFIED + timedelta(days=1)).on_behalf_of == ""
    add_member(dee, seat_for(Role.AUTHOR, agency=Agency.objects.get(pk=world.gp.pk)))
    assert ledger.append(gp, "read", by=dee, at=factories.NOTIFIED).on_behalf_of == ""


@pytest.mark.django_db
def test_a_deputy_sees_a_list_for_whom_each_line_of_it_is(django_assert_num_queries: Any) -> None:
    # Given Dee, author for the school, who covers the GP's author and the chair: a return of each, and the case.
    world = factories.a_world()
    case = factories.a_notified_case(world)
    gp, school = factories.asked_returns(world, case).values()
    on, dee = factories.NOTIFIED.date(), world.school_author
    ann, carl = str(world.gp_author.pk), str(world.chair.pk)
    appoint_deputy(world.gp_author, dee, starts_on=on, ends_on=on)
    appoint_deputy(world.chair, dee, starts_on=on, ends_on=on)

    def listed(*codes: str, at: datetime = factories.NOTIFIED) -> list[tuple[str, str]]:
        told = ledger.append_all([Line(dee.pk, "list", "duties", dee, listed=codes)], at=at)
        return [(row.on_behalf_of, row.listed) for row in told]

    # When a list shows all of them, then it is told for whom each was seen; what no seat opens is Dee's own.
    first, second = sorted([(ann, gp.code), (carl, case.code)])
    assert listed(gp.code, case.code, school.code, "R-GONE") == [
        ("", f"{school.code} R-GONE"), first, second
    ]  # fmt: skip
    # And nobody else is named: for a list of their own things, the day after, or when the absent one is recused.
    with django_assert_num_queries(6):
        assert listed(school.code) == [("", school.code)]
    with django_assert_num_queries(7):
        assert listed(first[1]) == [first]
    with django_assert_num_queries(8):
        assert listed(second[1]) == [second]
    assert listed(gp.code, school.code, at=factories.NOTIFIED + timedelta(days=1)) == [
        ("", f"{gp.code} {school.code}")
    ]
    recuse(case, world.gp_author, kind="family", reason="Kin.", by=world.manager, at=factories.NOTIFIED)
    assert listed(gp.code, case.code) == [("", gp.code), (carl, case.code)]
    assert list(broken_links()) == []


@pytest.mark.django_db
def test_what_takes_more_than_looking_is_done_on_behalf_of_whose_seat_lets_it_be_done() -> None:
    # Given a co-chair, who may look at the case themselves, and covers the business manager.
    world = factories.a_world()
    case = factories.a_referral(world)
    on = factories.REFERRED.date()
    appoint_deputy(world.manager, world.co_chair, starts_on=on, ends_on=on)

    # When they look at it, move it, and ask for a return:
    ledger.append(case, "read", by=world.co_chair, at=factories.REFERRED)
    case = cases.consider_case(case, by=world.co_chair, at=factories.REFERRED)
    case = cases.notify_case(case, notification_reference="SIN-1", by=world.co_chair, at=factories.REFERRED)
    returns.ask_agencies(case, [world.gp], by=world.co_chair, at=factories.REFERRED)

    # Then all but the looking was done for the manager.
    theirs = case.ledger.filter(actor=str(world.co_chair.pk)).values_list("action", "on_behalf_of")
    una = str(world.manager.pk)
    assert list(theirs) == [
        ("read", ""), ("consider", una), ("notify", una), ("ask_agencies", una), ("request", una),
    ]  # fmt: skip


def test_no_entry_is_written_outside_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "in_atomic_block", False)  # tests have one around them
    told = Line(ledger.SERVICE, "signed-in", "accounts.user 1", None)
    with pytest.raises(TransactionManagementError, match="stands or falls with what it tells of"):
        ledger.append_all([told], at=REFERRED_AT)


@pytest.mark.django_db
def test_no_name_and_no_reason_is_in_it() -> None:
    case = a_case(summary="Kim Example fell")
    columns = {str(value) for entry in LedgerEntry.objects.values() for value in entry.values()}
    assert not any("Kim" in column or "Rapid Review" in column for column in columns)
    assert LedgerEntry.objects.get().actor == str(SYSTEM.pk or "system")
    assert case.ledger.count() == 1


@pytest.mark.django_db
def test_writing_takes_three_statements_however_many_chains(django_assert_num_queries: Any) -> None:
    una = a_person()
    cases = [a_case() for _ in range(3)]
    with django_assert_num_queries(3):
        ledger.append(cases[0], "read", by=una, at=REFERRED_AT)
    with django_assert_num_queries(3):
        ledger.append_all([ledger.line(each, "read", by=una) for each in cases], at=REFERRED_AT)
    with django_assert_num_queries(5):  # the first of a chain: its end is made, and locked
        ledger.append_all([Line(una.pk, "list", "reviews.case", una, listed=["R-2", "R-3"])], at=REFERRED_AT)
    assert list(broken_links()) == []
    assert LedgerEntry.objects.get(chain=una.pk).listed == "R-2 R-3"


# ---- What the database refuses -----------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE {} SET hash = '0'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize(
    "table", ["workflows_ledgerentry", "workflows_transitionrecord", "workflows_ledgeranchor"]
)
def test_nothing_is_changed_or_taken_out(
    case: Subject, table: str, statement: str, tmp_path: Path, settings: Any
) -> None:
    settings.LEDGER_ANCHORS = str(tmp_path)
    anchor_the_ledger(at=REFERRED_AT)
    if table == "workflows_ledgeranchor":
        statement = statement.replace("hash", "digest")
    if table == "workflows_transitionrecord":
        statement = statement.replace("hash", "verb")
    with (
        pytest.raises((IntegrityError, DatabaseError)) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what still waits to be checked bars a TRUNCATE
        cursor.execute(statement.format(table))
    is_known = connection.vendor == "postgresql" or not statement.startswith(
        "TRUNCATE"
    )  # SQLite has no such word
    assert ("is append-only" in str(refusal.value)) == is_known


# ---- A thousand tamperings ---------------------------------------------------------------------
COLUMNS = [name for name in Row._fields if name != "hash"]


def a_ledger(dice: random.Random) -> tuple[list[Row], list[Head]]:
    """Three chains of 2 to 9 entries, one of them begun in the first form, as the database would give them."""
    rows, heads = [], []
    for number in range(3):
        chain, last = uuid.UUID(int=dice.getrandbits(128)), GENESIS
        length = dice.randint(2, 9)
        for sequence in range(1, length + 1):
            first = number == 0 and sequence < 4
            told = REFERRED_AT + timedelta(minutes=sequence, microseconds=dice.randint(0, 999_999))
            row = Row(
                previous=last, form=FIRST_FORM if first else FORM, chain=chain, sequence=sequence, at=told,
                recorded_at=None if first else told + timedelta(milliseconds=3), actor=f"person {number}",
                on_behalf_of="", session="" if first else "5e55", ip="" if first else "192.0.2.7",
                action=dice.choice(["read", "export", "list"]), target=f"reviews.case {chain}",
                outcome="" if first else "done", reason="", request="" if first else f"{sequence:x}",
                changed="", listed="" if first else "R-2 R-3", hash="",
            )  # fmt: skip
            rows.append(row._replace(hash=seal(row)))
            last = rows[-1].hash
        heads.append(Head(chain, length, last))
    return sorted(rows, key=lambda row: (row.chain, row.sequence)), sorted(heads)


def another(value: Any, dice: random.Random) -> Any:
    """Something that it is not."""
    match value:
        case int():
            return value + dice.choice([-1, 1, 2])
        case uuid.UUID():
            return uuid.UUID(int=dice.getrandbits(128))
        case datetime():
            return value + dice.choice([-1, 1]) * timedelta(microseconds=dice.randint(1, 10**9))
        case None:
            return REFERRED_AT
    place = dice.randint(0, len(value))
    return value[:place] + dice.choice("x0 ") + value[place:]


def edit(rows: list[Row], heads: list[Head], dice: random.Random) -> None:
    """Change any column of any entry; half the time, seal that entry anew."""
    place, column = dice.randrange(len(rows)), dice.choice(COLUMNS)
    row = rows[place]._replace(**{column: another(getattr(rows[place], column), dice)})
    rows[place] = row._replace(hash=seal(row)) if dice.random() < 0.5 else row


def exchange_hash(rows: list[Row], heads: list[Head], dice: random.Random) -> None:
    place = dice.randrange(len(rows))
    rows[place] = rows[place]._replace(hash=another(rows[place].hash, dice))


def take_out(rows: list[Row], heads: list[Head], dice: random.Random) -> None:
    """Delete an entry; half the time, close the gap in the numbers."""
    place = dice.randrange(len(rows))
    gone = rows.pop(place)
    if dice.random() < 0.5:
        for at, row in enumerate(rows):
            if row.chain == gone.chain and row.sequence > gone.sequence:
                rows[at] = row._replace(sequence=row.sequence - 1)


def swap(rows: list[Row], heads: list[Head], dice: random.Random) -> None:
    """Two entries of a chain change places, numbers and all."""
    chain = rows[dice.randrange(len(rows))].chain
    one, two = dice.sample([at for at, row in enumerate(rows) if row.chain == chain], 2)
    a, b = rows[one], rows[two]
    rows[one], rows[two] = b._replace(sequence=a.sequence), a._replace(sequence=b.sequence)


def put_in(rows: list[Row], heads: list[Head], dice: random.Random) -> None:
    """Insert an entry that follows from the one before it, and move the numbers behind it up."""
    place = dice.randrange(len(rows))
    before = rows[place]
    made = before._replace(previous=before.hash, sequence=before.sequence + 1, actor="a ghost")
    for at, row in enumerate(rows):
        if row.chain == before.chain and row.sequence > before.sequence:
            rows[at] = row._replace(sequence=row.sequence + 1)
    rows.insert(place + 1, made._replace(hash=seal(made)))


def cut_off(rows: list[Row], heads: list[Head], dice: random.Random) -> None:
    """Take entries from the end of a chain, down to all, and put its written end right."""
    place = dice.randrange(len(heads))
    chain, keep = heads[place].chain, dice.randrange(heads[place].sequence)
    rows[:] = [row for row in rows if row.chain != chain or row.sequence <= keep]
    kept = [row for row in rows if row.chain == chain]
    heads[place : place + 1] = [Head(chain, keep, kept[-1].hash)] if kept else []


def write_anew(rows: list[Row], heads: list[Head], dice: random.Random) -> None:
    """Change an entry and seal the whole chain after it again, its written end too."""
    place = dice.randrange(len(rows))
    changed = rows[place]._replace(action="nothing")
    last = changed.previous
    for at, row in enumerate(rows):
        if row.chain == changed.chain and row.sequence >= changed.sequence:
            row = (changed if at == place else row)._replace(previous=last)
            rows[at] = row._replace(hash=seal(row))
            last = rows[at].hash
    heads[:] = [Head(h.chain, h.sequence, last) if h.chain == changed.chain else h for h in heads]


TAMPERINGS: list[Callable[[list[Row], list[Head], random.Random], None]] = [
    edit, edit, edit, exchange_hash, take_out, swap, put_in, cut_off, write_anew,
]  # fmt: skip


@pytest.mark.once
def test_a_thousand_tamperings_are_found_a_thousand_times() -> None:
    dice, found = random.Random(20261126), 0
    for number in range(1000):
        rows, heads = a_ledger(dice)
        anchored = {head.chain: head for head in heads}
        assert list(follow(rows, heads, anchored)) == []
        before = (list(rows), list(heads))
        TAMPERINGS[number % len(TAMPERINGS)](rows, heads, dice)
        assert (rows, heads) != before
        rows.sort(key=lambda row: (row.chain, row.sequence))  # as the database gives them
        found += bool(list(follow(rows, heads, anchored)))
    assert found == 1000


@pytest.mark.once
def test_without_an_anchor_only_what_was_sealed_anew_to_the_end_is_not_found() -> None:
    # Given the same tamperings, and nothing kept outside: then the two that an owner of the database could hide are.
    dice = random.Random(7)
    hidden = set()
    for number in range(400):
        rows, heads = a_ledger(dice)
        tampering = TAMPERINGS[number % len(TAMPERINGS)]
        tampering(rows, heads, dice)
        rows.sort(key=lambda row: (row.chain, row.sequence))
        if not list(follow(rows, heads)):
            hidden.add(tampering)
    assert hidden <= {cut_off, write_anew, edit}
    assert {cut_off, write_anew} <= hidden


@pytest.mark.once
@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_of_an_entry_is_sealed(column: str) -> None:
    dice = random.Random(1)
    row = next(row for row in a_ledger(dice)[0] if row.form == FORM)
    assert seal(row._replace(**{column: another(getattr(row, column), dice)})) != seal(row)


@pytest.mark.once
def test_columns_do_not_run_into_each_other() -> None:
    row = next(row for row in a_ledger(random.Random(1))[0] if row.form == FORM)
    assert seal(row._replace(actor="ab", on_behalf_of="c")) != seal(
        row._replace(actor="a", on_behalf_of="bc")
    )


# ---- The same in the database ------------------------------------------------------------------
@pytest.mark.django_db
def test_each_case_has_its_own_chain(case: Subject) -> None:
    other = a_case()
    assert list(other.ledger.values_list("sequence", "previous")) == [(1, GENESIS)]
    meddle("UPDATE workflows_ledgerentry SET actor = 'x' WHERE sequence = 2")
    assert (wrong(case), wrong(other)) == ([2], [])


@pytest.mark.django_db
@pytest.mark.parametrize("sequence", [1, 2, 5])
def test_an_edited_entry_is_found_in_every_column(case: Subject, sequence: int) -> None:
    values = {
        "actor": "system ", "action": "close", "target": "reviews.case 1", "previous": "1" * 64, "hash": "2" * 64,
        "at": REFERRED_AT + timedelta(microseconds=7), "recorded_at": REFERRED_AT, "sequence": 99, "form": 1,
        "on_behalf_of": "x", "session": "x", "ip": "x", "outcome": "refused", "reason": "x", "request": "x",
        "changed": "x", "listed": "x", "chain_id": uuid.uuid4(),
    }  # fmt: skip
    for column, value in values.items():
        if connection.vendor == "sqlite":
            value = value.replace(tzinfo=None) if isinstance(value, datetime) else value
            value = value.hex if isinstance(value, uuid.UUID) else value
        with transaction.atomic():
            meddle(
                f"UPDATE workflows_ledgerentry SET {column} = %s WHERE chain_id = %s AND sequence = %s",
                value, key(case), sequence,
            )  # fmt: skip
            assert wrong(case) != [], column
            transaction.set_rollback(True)
    assert wrong(case) == []


@pytest.mark.django_db
@pytest.mark.parametrize("sequence", [1, 2, 3, 4, 5])
def test_a_missing_entry_is_found(case: Subject, sequence: int) -> None:
    meddle("DELETE FROM workflows_ledgerentry WHERE sequence = %s", sequence)
    assert wrong(case) == [min(sequence + 1, 5) if sequence < 5 else 4]


@pytest.mark.django_db
def test_a_chain_cut_off_before_a_move_is_found_by_the_move_itself(case: Subject) -> None:
    meddle("DELETE FROM workflows_ledgerentry WHERE sequence >= 3")
    last = case.ledger.last()
    assert last is not None
    LedgerHead.objects.filter(chain=case.pk).update(sequence=2, hash=last.hash)
    assert (wrong(case), moves_not_told([case])) == ([], {case.pk: [f"notify reviews.case {case.pk}"]})


@pytest.mark.django_db
def test_an_entry_of_another_case_does_not_fit(case: Subject) -> None:
    other = a_case()
    meddle("DELETE FROM workflows_ledgerentry WHERE chain_id = %s", key(case))
    meddle("UPDATE workflows_ledgerentry SET chain_id = %s WHERE chain_id = %s", key(case), key(other))
    assert wrong(case) == [1, 1]  # it does not follow, and the chain did not end there
    assert wrong(other) == [1]


def key(subject: Subject) -> Any:
    return subject.pk if connection.vendor == "postgresql" else subject.pk.hex


@pytest.mark.django_db
def test_what_was_sealed_in_the_first_form_is_still_followed() -> None:
    case = a_case()
    first = case.ledger.get()
    row = Row(*(getattr(first, name) for name in Row._fields))._replace(
        form=FIRST_FORM, recorded_at=None, outcome="", session="", ip="", request=""
    )
    old = row._replace(hash=seal(row))
    meddle("DELETE FROM workflows_ledgerentry WHERE id = %s", first.pk)
    LedgerEntry.objects.create(**old._asdict())
    LedgerHead.objects.filter(chain=case.pk).update(hash=old.hash)
    ledger.append(case, "read", by=a_person(), at=REFERRED_AT)
    assert (wrong(case), case.ledger.count()) == ([], 2)
    meddle(
        "UPDATE workflows_ledgerentry SET ip = '192.0.2.7' WHERE form = 1"
    )  # a column that was not sealed then
    assert wrong(case) == [1]


# ---- The anchor --------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_tail_that_was_cut_off_since_the_anchor_is_found_by_it(
    case: Subject, tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given an anchor of the night, kept outside; and somebody who takes the last reading out, and puts the end right.
    settings.LEDGER_ANCHORS = str(tmp_path)
    anchor = anchor_the_ledger(at=REFERRED_AT)
    assert anchor is not None
    [file] = tmp_path.iterdir()
    call_command("verify_ledger", since_anchor=file)
    assert capsys.readouterr().out == (
        f"Anchor of {REFERRED_AT.isoformat()}: 1 chains, {anchor.digest}.\n1 chains are whole.\n"
    )
    meddle("DELETE FROM workflows_ledgerentry WHERE sequence = 5")
    last = case.ledger.last()
    assert last is not None
    LedgerHead.objects.filter(chain=case.pk).update(sequence=4, hash=last.hash)

    # Then the chain by itself looks whole, and beside the anchor it does not.
    call_command("verify_ledger")
    assert capsys.readouterr().out == "1 chains are whole.\n"
    with pytest.raises(CommandError, match="1 of 1 chains are broken") as failed:
        call_command("verify_ledger", since_anchor=file)
    assert failed.value.returncode == 1
    assert f"{case.code}: entry 5 is not the entry that was anchored." in capsys.readouterr().out

    # And a file that is no anchor, or is not there, is another kind of failure.
    file.write_text(file.read_text().replace(" 5 ", " five "))
    for given, why in ((file, "line 3 is not a chain"), (tmp_path / "none", "No such file")):
        with pytest.raises(CommandError, match=why) as failed:
            call_command("verify_ledger", since_anchor=given)
        assert failed.value.returncode == 2


@pytest.mark.django_db
def test_the_ledger_is_anchored_once_a_day(
    case: Subject, tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LEDGER_ANCHORS = str(tmp_path / "anchors")
    with caplog.at_level("INFO"):
        made = [anchor_the_ledger(at=REFERRED_AT + timedelta(hours=hour)) for hour in (0, 1, 24)]
    assert [anchor and anchor.on.isoformat() for anchor in made] == ["2026-03-12", None, "2026-03-13"]
    files = sorted((tmp_path / "anchors").iterdir())
    kept = [read_anchor(file.read_text()) for file in files]
    anchors = list(LedgerAnchor.objects.order_by("on"))
    assert [anchor.digest for anchor in kept] == [anchor.digest for anchor in anchors]
    assert [(anchor.chains, anchor.entries) for anchor in anchors] == [(1, 5), (1, 5)]
    assert all(anchor.digest in caplog.text for anchor in anchors)


@pytest.mark.once
def test_an_anchor_is_read_as_it_was_written() -> None:
    _, heads = a_ledger(random.Random(3))
    text = write_anchor(heads, at=REFERRED_AT)
    assert read_anchor(text).heads == {head.chain: head for head in heads}
    for spoilt in ("", text[:-1], text.replace("ledger anchor 1", "ledger anchor 2"), text + "x\n"):
        with pytest.raises(BadAnchor):
            read_anchor(spoilt)
