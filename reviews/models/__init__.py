"""The review's own tables: the case, what agencies return, what is decided, what the Panel takes."""

from reviews.models.alerts import AccessAlert
from reviews.models.attachments import Attachment
from reviews.models.calls import PhoneCall
from reviews.models.cases import Case, CaseGroupGrant, CaseUserGrant
from reviews.models.children import Child
from reviews.models.chronology import ChronologyRow
from reviews.models.comments import SectionComment
from reviews.models.corrections import Correction
from reviews.models.decisions import Decision, SignOff
from reviews.models.disclosures import Disclosure
from reviews.models.feeds import CalendarFeed
from reviews.models.panel import PanelRecord, PanelRecordGroupGrant, PanelRecordUserGrant
from reviews.models.retention import Disposal, LegalHold, RetentionReview, RetentionRule
from reviews.models.return_forms import ReturnForm
from reviews.models.returns import AgencyReturn, AgencyReturnGroupGrant, AgencyReturnUserGrant, ReturnVersion

__all__ = [
    "AccessAlert",
    "AgencyReturn",
    "AgencyReturnGroupGrant",
    "AgencyReturnUserGrant",
    "Attachment",
    "CalendarFeed",
    "Case",
    "CaseGroupGrant",
    "CaseUserGrant",
    "Child",
    "ChronologyRow",
    "Correction",
    "Decision",
    "Disclosure",
    "Disposal",
    "LegalHold",
    "PanelRecord",
    "PanelRecordGroupGrant",
    "PanelRecordUserGrant",
    "PhoneCall",
    "RetentionReview",
    "RetentionRule",
    "ReturnForm",
    "ReturnVersion",
    "SectionComment",
    "SignOff",
]
