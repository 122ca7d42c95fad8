"""What sections of a return need, said when it is sent back: with the version it is about, until it is sent again."""

from collections.abc import Mapping
from datetime import datetime

from reviews.models import AgencyReturn, SectionComment
from reviews.questions import ROWS, Section
from reviews.services.answering import SAVED, definition_of
from workflows.exceptions import NotMet
from workflows.models import TransitionRecord


def sections_to_comment(agency_return: AgencyReturn) -> list[Section]:
    """The sections of which somebody who sends it back may say something: none of a nil return."""
    is_written = agency_return.state in (AgencyReturn.State.SUBMITTED, AgencyReturn.State.SIGNED_OFF)
    return list(definition_of(agency_return)) if is_written else []


def keep_comments(agency_return: AgencyReturn, comments: Mapping[str, str]) -> None:
    """Keep what was said of the sections of a return that has just been sent back, with the version it is about.

    Raises NotMet when it was a nil return, or says something of a section that the form does not have.
    """
    said = {code: words for code, words in comments.items() if words.strip()}
    if not said:
        return
    record = agency_return.records.order_by("-sequence")[0]
    version = agency_return.versions.last()
    known = {section.code for section in definition_of(agency_return)}
    if record.source == AgencyReturn.State.NIL or version is None or not said.keys() <= known:
        raise NotMet("Cannot comment on sections that this return does not have.")
    SectionComment.objects.bulk_create(
        SectionComment(version=version, record=record, section=code, text=words)
        for code, words in said.items()
    )


def last_sent_back(agency_return: AgencyReturn) -> TransitionRecord | None:
    """The record that sent the return back, while it has not been sent again."""
    if agency_return.state not in (AgencyReturn.State.SENT_BACK, AgencyReturn.State.IN_PROGRESS):
        return None
    sent_back = agency_return.records.filter(verb="send_back").select_related("by")
    found: TransitionRecord | None = sent_back.order_by("-sequence").first()
    return found


def comments_to_answer(agency_return: AgencyReturn) -> dict[str, SectionComment]:
    """By the code of a section: what it still needs. For the agency, which answers it by sending the return again."""
    record = last_sent_back(agency_return)
    comments = SectionComment.objects.filter(record=record).select_related("record__by") if record else ()
    return {comment.section: comment for comment in comments}


def not_touched_since(agency_return: AgencyReturn, comments: Mapping[str, SectionComment]) -> set[str]:
    """Of the sections with a comment those in which nobody has saved anything since it was made."""
    stamps: dict[str, dict[str, str]] = agency_return.answers.get(SAVED, {})
    beside = {
        section.code: [f"{ROWS}:{question.rows}" for question in section.questions if question.rows]
        for section in definition_of(agency_return)
    }

    def is_touched(code: str, since: datetime) -> bool:
        found = (stamps.get(name, {}).get("at", "") for name in (code, *beside.get(code, ())))
        return any(datetime.fromisoformat(at) > since for at in found if at)

    return {code for code, one in comments.items() if not is_touched(code, one.record.recorded_at)}
