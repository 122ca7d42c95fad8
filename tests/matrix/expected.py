"""What each of the twenty should be answered, and may read: written by hand, and from nothing that the product says.

The manifest says which rule an address has and what those get who may not; here stands who meets which rule where.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from config.manifest import MANIFEST, Line
from tests.matrix.world import BESIDE, CLOSED, ELSEWHERE, OWN, RECUSED, SCOPES, SECOND

# ---- What somebody holds on a case, its returns and its record ---------------------------------
OF_CASE = "view_case read_whole_case"
MANAGES = (
    f"{OF_CASE} refer_case consider_case decline_case reconsider_case notify_case notify_only_case hold_meeting_case "
    "decide_case revise_case submit_case withdraw_case finish_with_learning_case commission_case "
    "hold_learning_event_case hold_recall_case plan_publication_case publish_case close_case ask_agencies_case "
    "meet_milestone_case move_dates_case see_notices_case recuse_case open_case share_case hold_case dispose_case disclose_case "
    "view_agencyreturn send_back_agencyreturn accept_agencyreturn cancel_agencyreturn move_dates_agencyreturn "
    "view_panelrecord accept_panelrecord disagree_panelrecord supersede_panelrecord"
)
READS = f"{OF_CASE} view_agencyreturn"
CHAIRS = f"{READS} recuse_case open_case hold_case dispose_case disclose_case"
WRITES = "view_agencyreturn acknowledge_agencyreturn draft_agencyreturn declare_nil_agencyreturn finish_agencyreturn"
LEADS = f"{WRITES} sign_off_agencyreturn return_to_author_agencyreturn"
REPLIES = "view_panelrecord accept_panelrecord disagree_panelrecord"
LOOKS = f"{READS} view_panelrecord"
NOTHING = ""

HERE = (OWN, BESIDE, SECOND, CLOSED)
"""Where the people of the partnership hold what their seats give; RECUSED is where all of them hold nothing."""


@dataclass(frozen=True)
class Persona:
    """One of the twenty: what they hold, by scope, and the rules about no case that they meet."""

    name: str
    holds: Mapping[str, str]
    rules: str = ""
    stopped: tuple[int, str, int] | None = None
    """What stops them before any page asks who they are: the answer to GET, where it leads, the answer to POST."""
    told: tuple[str, ...] = ()
    """The scopes in which a notice was sent to them."""

    def permissions(self, scope: str) -> frozenset[str]:
        return frozenset(self.holds.get(scope, NOTHING).split())


def everywhere_here(held: str) -> dict[str, str]:
    return dict.fromkeys(HERE, held)


RUNS = "seat follows runs administrator watches"
SIGN_IN = (302, "/sign-in/?next=", 403)
PERSONAS = (
    Persona("anonymous", {}, stopped=SIGN_IN),
    Persona("no second factor", {}, stopped=(302, "/sign-in/set-up/?next=", 403)),
    Persona("no role", {}),
    Persona("author, same case", {OWN: WRITES, CLOSED: WRITES}, "seat"),
    Persona("author, another case", {SECOND: WRITES}, "seat"),
    Persona("author, another partnership", {ELSEWHERE: WRITES}, "seat"),
    Persona("agency lead", {OWN: LEADS, CLOSED: LEADS}, "seat"),
    Persona("deputy in window", everywhere_here(MANAGES), RUNS),
    Persona("deputy out of window", {}, "seat"),
    Persona("member", everywhere_here(READS), "seat follows"),
    Persona("recused member", {}, "seat follows"),
    Persona("co-chair", everywhere_here(CHAIRS), "seat follows"),
    Persona("business manager", everywhere_here(MANAGES), RUNS, told=(OWN, CLOSED)),
    Persona("panel", dict.fromkeys((OWN, ELSEWHERE, CLOSED), REPLIES)),
    Persona("user administrator", {}, "seat administrator"),
    Persona("superuser", {}),
    Persona("superuser with break-glass", {OWN: f"{LOOKS} opened", BESIDE: LOOKS, CLOSED: f"{LOOKS} opened"}),
    Persona("deactivated", {}, stopped=SIGN_IN),
    Persona("suspended", {}, stopped=(302, "/suspended/", 302)),
    Persona("auditor", {}, "seat auditor watches"),
    Persona("across the border", {OWN: "view_case", CLOSED: "view_case", ELSEWHERE: CHAIRS}, "seat follows"),
)


# ---- Status ------------------------------------------------------------------------------------
SEES = {"case": "view_case", "agencyreturn": "view_agencyreturn", "panelrecord": "view_panelrecord"}
OPENED = ("opened", "open_case")
"""Who may end an emergency access: they to whom the case was opened, and whoever may open it."""
OPEN_TO_THE_STOPPED: dict[str, dict[str, int | str]] = {
    "suspended": {"suspended/": 403},
    "no second factor": dict.fromkeys(
        ("sign-in/set-up/", "your-sign-in/passkey/", "your-sign-in/app/", "your-sign-in/recovery-codes/"),
        "may",
    ),
}
"""What they must reach to get in, or to be told why not."""
NOT_SET_UP = frozenset(
    (
        "sign-in/with/<slug:provider_id>/",
        "sign-in/with/<slug:provider_id>/back/",
    )  # no organisation signs in here
)
ONLY_WHILE_OPEN = frozenset(
    ("cases/<uuid:pk>/done/<str:code>/", "cases/<uuid:pk>/mute/<int:mute>/end/",
     "cases/<uuid:pk>/children/<int:number>/correct/")
)  # fmt: skip
"""Pages about something that a closed case has no more: also those who may find nothing there."""
MAY = "may"
"""Stands for every status of somebody who may: a page, or the way to another."""


def expected(line: Line, persona: Persona, scope: str, method: str) -> int | str:
    """The status that this person should get there, or MAY."""
    if method not in line.methods:
        return 405
    [*who] = line.who
    if who in (["monitor"], ["key"]) or line.route in NOT_SET_UP:
        return 404  # nobody has it
    if who in (["public"], ["link"]):
        return MAY
    if persona.stopped and line.route in OPEN_TO_THE_STOPPED.get(persona.name, {}):
        return OPEN_TO_THE_STOPPED[persona.name][line.route]
    if persona.stopped:
        return persona.stopped[2 if method == "POST" else 0]
    held = persona.permissions(scope) | set(persona.rules.split())
    if who == ["signed-in"]:
        return MAY
    if who == ["told"]:
        return MAY if scope in persona.told else 404
    if who == ["opened"]:
        return MAY if held & set(OPENED) else 404
    if who[0] in MANIFEST.rules:
        if scope != OWN and "administration/" in line.route:
            held -= {"runs", "administrator"}
        if who[0] in held:
            return MAY
        return 403 if line.refused == 403 and "administrator" in held else 404
    if held & set(who):
        return MAY
    kind = who[0].rpartition("_")[2]
    return 403 if line.refused == 403 and SEES[kind] in held else 404


# ---- Words -------------------------------------------------------------------------------------
def may_read(persona: Persona, scope: str) -> set[str]:
    """The words of a case, by what they are about, that this person may be shown somewhere."""
    held = persona.permissions(scope)
    words = set()
    if held & {"view_case", "view_agencyreturn"}:
        words |= {"facts", "place"}
    if held & {"refer_case", "draft_agencyreturn", "disclose_case"}:
        words |= {"child"}
    if held & {"read_whole_case", "view_panelrecord"}:
        words |= {"decision"}
    if "view_agencyreturn" in held:
        words |= {{OWN: "gp", BESIDE: "trust", SECOND: "school"}.get(scope, "gp")}
    return words


def words_open_to(persona: Persona) -> set[str]:
    """All of them, each as the world writes it. BESIDE is another return on the case of OWN."""
    return {
        f"Zq{OWN if scope == BESIDE else scope}{what}"
        for scope in SCOPES
        if scope != RECUSED
        for what in may_read(persona, scope)
    }
