"""The pages of what the demonstration has not got (walks_more.py): who looks at each, and which are sent wrong."""

from typing import NamedTuple

from reviews.models import AgencyReturn, Case, PanelRecord
from tests.browser.walks_more import NORTH, WEST, add_to_the_demonstration


class Look(NamedTuple):
    """One page, looked at by one person; sent wrong too, where it has a form that can be."""

    who: str
    """Their address; empty for nobody."""
    name: str
    """Of the picture."""
    path: str
    is_sent_wrong: bool = False
    status: int = 200


def looks_at_the_rest(case: Case, drafting: AgencyReturn, record: PanelRecord, author: str) -> list[Look]:
    """Every page that the demonstration alone cannot show: normal, empty, with long words, and sent wrong."""
    referred = Case.objects.filter(state="referred", partnership=case.partnership).first()
    quiet = Case.objects.filter(state="withdrawn", partnership=case.partnership).first()
    theirs = Case.objects.filter(partnership__name__startswith="Westvale").first()
    assert referred
    assert quiet
    assert theirs
    more = add_to_the_demonstration(case, referred)
    manager, chair, co_chair = f"manager{NORTH}", f"chair{NORTH}", f"co-chair-1{NORTH}"
    administrator, auditor, neighbour = f"administrator{NORTH}", f"auditor{NORTH}", f"manager{WEST}"
    seer, person = f"co-chair-1{WEST}", "/administration/people/"
    base, nothing = more.case, quiet.get_absolute_url()
    return [
        # ---- Who sees a case
        Look(manager, "sight-case", base),
        Look(manager, "interest", f"{base}interest/", True),
        Look(author, "interest-return", f"{drafting.get_absolute_url()}interest/", True),
        Look("secretary@panel.example", "interest-panel", f"{record.get_absolute_url()}interest/"),
        Look(manager, "interest-answer", more.interest, True),
        Look(manager, "recusal-add", f"{base}recusals/add/", True),
        Look(manager, "recusal-lift", more.lift, True),
        Look(manager, "share", f"{base}share/"),
        Look(manager, "share-with", more.share, True),
        Look(manager, "share-end", more.end_share),
        Look(seer, "share-seen", base),
        Look(author, "glass-ask", "/break-glass/", True),
        Look(administrator, "glass-opened", "/break-glass/"),
        Look(administrator, "glass-banner", base),
        Look(administrator, "glass-end", more.end_glass),
        Look(manager, "glass-answer", more.answer, True),
        Look(manager, "glass-review", more.look_at_it, True),
        # ---- Put right
        Look(manager, "corrected-case", more.corrected),
        Look(manager, "correct", f"{more.corrected}correct/", True),
        Look(manager, "child-correct", f"{more.corrected}children/1/correct/", True),
        Look(manager, "add-child", f"{more.corrected}add-child/", True),
        Look(manager, "notification-correct", f"{base}correct-notification/", True),
        Look(manager, "return-received", f"{drafting.get_absolute_url()}received/", True),
        # ---- Signing in
        Look("", "sign-in", "/sign-in/", True),
        Look("", "forgotten", "/forgotten-password/", True),
        Look("", "forgotten-sent", "/forgotten-password/sent/"),
        Look("", "set-password", more.set_password, True),
        Look("", "set-password-dead", "/set-password/MQ/dead-0123456789abcdef/"),
        Look(manager, "your-sign-in", "/your-sign-in/"),
        Look(manager, "session-end", more.end_session),
        Look(manager, "sessions-end", "/your-sign-in/sessions/end/"),
        Look(f"author@harbour{NORTH.replace('@', '.')}", "your-sign-in-empty", "/your-sign-in/"),
        Look(f"author@harbour{NORTH.replace('@', '.')}", "app-add", "/your-sign-in/app/", True),
        Look(manager, "app-remove", "/your-sign-in/app/remove/"),
        Look(manager, "recovery-codes-new", "/your-sign-in/recovery-codes/new/"),
        Look(manager, "passkey-add", "/your-sign-in/passkey/"),
        Look(manager, "confirm", "/confirm/?next=/", True),
        Look(manager, "change-password", "/change-password/", True),
        Look("lead@housing.northborough.example", "suspended", "/suspended/", status=403),
        Look(manager, "person", more.person),
        Look(manager, "person-suspended", more.suspended),
        Look(manager, "person-lift", f"{more.suspended}lift/"),
        Look(manager, "person-lost-waits", more.lost),
        Look(administrator, "person-lost-answer", f"{more.lost}lost/answer/", True),
        Look(manager, "person-lost", f"{more.person}lost/", True),
        Look(manager, "person-sign-out", f"{more.person}sign-out/"),
        Look(manager, "person-try-again", f"{more.person}try-again/"),
        Look(manager, "person-close", f"{more.person}close/"),
        Look(manager, "person-not-here", f"{person}00000000-0000-0000-0000-000000000000/", status=404),
        # ---- Keeping records
        Look(co_chair, "retention-due", "/retention/"),
        Look(neighbour, "retention-due-none", "/retention/"),
        Look(neighbour, "retention-schedule-none", "/administration/retention/"),
        Look(manager, "retention-add", "/administration/retention/add/", True),
        Look(chair, "retention-case", f"{base}retention/"),
        Look(chair, "hold-add", f"{base}retention/holds/add/", True),
        Look(chair, "hold-lift", more.lift_hold, True),
        Look(chair, "retention-to-propose", f"{more.to_propose}retention/"),
        Look(chair, "retention-propose-due", f"{more.to_propose}retention/propose/case-file/", True),
        Look(chair, "certificate", more.certificates),
        Look(manager, "disposed-case", more.disposed),
        Look(manager, "certificates-none", f"{nothing}retention/certificates/"),
        Look(manager, "copies", f"{base}copies/"),
        Look(manager, "copies-none", f"{nothing}copies/"),
        Look(manager, "copy-add", f"{base}copies/add/", True),
        Look(co_chair, "copy", more.copy),
        Look(co_chair, "copy-black-out", f"{more.copy}black-out/", True),
        Look(manager, "copy-release", f"{more.copy}release/", True),
        Look(manager, "copy-withdraw", f"{more.copy}withdraw/"),
        Look(manager, "copy-released", more.released),
        Look(manager, "copy-print", f"{more.released}print/"),
        Look(manager, "copy-withdrawn", more.withdrawn),
        # ---- Looking after the service
        Look(auditor, "ledger-of-a-case", f"/ledger/?case={case.code}"),
        Look(auditor, "unusual-access", "/unusual-access/"),
        Look(neighbour, "unusual-access-none", "/unusual-access/"),
        Look(neighbour, "looked-none", f"{theirs.get_absolute_url()}looked/"),
        Look(manager, "operations", "/administration/operations/"),
        Look(manager, "outage", more.outage),
        Look(manager, "outage-empty", more.empty_outage),
    ]
