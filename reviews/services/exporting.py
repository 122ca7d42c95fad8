"""The decision record as the Panel takes it: one JSON document, by a schema that ships with the product."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from reviews.models import AgencyReturn, Case, Decision
from reviews.questions import DEFINITIONS, LIMBS
from workflows.models import Deadline, LedgerHead, Subject
from workflows.sealing import GENESIS
from workflows.services.anchoring import last_anchor
from workflows.services.proof import rule_and_derivation
from workflows.services.standing import how_it_stands

TO_NOTIFY = ("SIN_NOTIFY", "LAC_DEATH", "CARELEAVER_DEATH")
"""The rules by one of which a case was notified."""

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "decision-record.schema.json"


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a decision record."""
    loaded: dict[str, Any] = json.loads(SCHEMA.read_text())
    return loaded


def as_file(document: dict[str, Any]) -> str:
    """The document as the one text that is downloaded, exported and fingerprinted: sorted keys, for people to read."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def fingerprint(document: dict[str, Any]) -> str:
    """SHA-256 of the file, byte for byte: what `sha256sum` says of a download."""
    return hashlib.sha256(as_file(document).encode()).hexdigest()


def plain_cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "＝") else text


def where_the_ledger_stands(case: Subject) -> dict[str, Any]:
    """The end of the case's chain, and the last anchor: whoever holds this can tell if either was changed later."""
    head = LedgerHead.objects.filter(chain=case.chain.pk).first()
    anchor = last_anchor()
    return {
        "sequence": head.sequence if head else 0,
        "hash": head.hash if head else GENESIS,
        "anchor": {"on": anchor.on.isoformat(), "sha256": anchor.digest} if anchor else None,
    }


def timeliness(deadline: Deadline, late_reason: str = "") -> dict[str, Any]:
    """Whether a met deadline was met on time, in the words every page and mail uses, with its proof."""
    left = how_it_stands(deadline, at=deadline.met_at or deadline.started_at)
    return {
        "due_on": deadline.due_on.isoformat() if deadline.due_on else None,
        "met_at": deadline.met_at.isoformat() if deadline.met_at else None,
        "on_time": not deadline.is_late,
        "days_late": max(0, -left.days) if deadline.is_late else 0,
        "unit": f"{left.unit}s",
        "in_words": left.words,
        "late_reason": late_reason or None,
        "proof": rule_and_derivation(deadline),
    }


def _instant(value: Any) -> str | None:
    return value.isoformat() if value else None


def _child(case: Case) -> list[dict[str, Any]]:
    """The children by number: no name, no date of birth. Age is in whole years at the incident."""
    rows = []
    for child in case.children.all():
        rows.append(
            {
                "pseudonym": f"Child {child.number}",
                "unborn": child.is_unborn,
                "age_in_years": child.age_in_years,
                "sex": child.sex,
                "looked_after": child.is_looked_after,
                "child_protection_plan": child.has_protection_plan,
                "child_in_need_plan": child.has_in_need_plan,
            }
        )
    return rows


def decision_document(case: Case, decision: Decision) -> dict[str, Any]:
    """The record of one decision, complete, ready to be fixed. Valid by `schema()`, or an error of ours.

    Raises jsonschema.ValidationError: that would be a fault of the program, never of what was typed.
    """
    answers = decision.answers
    sections = {
        section.code: {q.code: answers.get(section.code, {}).get(q.code) for q in section.questions}
        for section in DEFINITIONS[decision.form_version]
    }
    criteria = sections.pop("criteria")
    verdict = sections.pop("decision")
    deadlines = {d.rule_code: d for d in case.deadlines.select_related("rule", "calendar")}
    document = {
        "format": "decision-record/1",
        "partnership": case.partnership.name,
        "code": case.code,
        "reference": case.reference or None,
        "notification": {
            "reference": case.notification_reference or None,
            "incident_at": _instant(case.incident_at),
            "incident_precision": case.incident_precision,
            "aware_at": _instant(case.aware_at),
            "aware_precision": case.aware_precision,
            "notified_at": _instant(case.notified_at),
            "timeliness": next(
                (timeliness(deadlines[code]) for code in TO_NOTIFY if code in deadlines), None
            ),
        },
        "harm": case.harm,
        "children": _child(case),
        "rapid_review": {
            "decision_number": decision.number,
            "timeliness": timeliness(deadlines["RR_COMPLETE"], decision.late_reason)
            if "RR_COMPLETE" in deadlines
            else None,
            "returns": [
                {"agency": r.agency.name, "state": AgencyReturn.State(r.state).label}
                for r in case.returns.select_related("agency").order_by("agency__name")
            ],
            **sections,
        },
        "criteria": {
            "serious_case": {"met": criteria["serious"], "why": criteria["serious_why"]},
            "regulation_11": [
                {"limb": letter, "text": text, "applies": criteria[code], "why": criteria[f"{code}_why"]}
                for letter, (code, text) in zip("abcd", LIMBS, strict=True)
            ],
        },
        "decision": verdict,
        "sign_off": [
            {
                "partner": s.partner.name,
                "by": s.by.full_name,
                "at": s.at.isoformat(),
                "agrees": s.agrees,
                "dissent": s.dissent or None,
            }
            for s in decision.sign_offs.select_related("partner", "by")
        ],
    }
    document["ledger"] = where_the_ledger_stands(case)
    Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document)
    return document
