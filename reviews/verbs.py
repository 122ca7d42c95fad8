"""What each verb of the maps is called, in a history and in what refuses. Pure: words, and nothing else."""

from typing import Final

VERB_WORDS: Final[dict[str, str]] = {
    "refer": "Referred",
    "adopt": "Review taken in",
    "consider": "Partners met, and will notify",
    "decline": "Not notified",
    "reconsider": "Looked at again",
    "notify": "Notification sent",
    "notify_only": "Notification sent, no rapid review",
    "hold_meeting": "Rapid review meeting held",
    "decide": "Decision sent to the partners",
    "revise": "Decision taken up again",
    "submit": "Rapid review sent to the Panel",
    "withdraw": "Notification withdrawn",
    "finish_with_learning": "Finished with the learning",
    "commission": "Practice review commissioned",
    "hold_learning_event": "Learning event held",
    "hold_recall": "Recall event held",
    "plan_publication": "Report approved",
    "publish": "Published",
    "close": "Closed",
    "dispose": "Disposed of",
    "request": "Return asked for",
    "acknowledge": "Acknowledged",
    "draft": "Writing began",
    "declare_nil": "Nil return",
    "finish": "Sent for sign-off",
    "sign_off": "Signed off",
    "send_back": "Sent back",
    "accept": "Accepted",
    "cancel": "No longer needed",
    "release": "Released to the Panel",
    "disagree": "The Panel does not agree",
    "supersede": "No longer stands",
}
"""What a transition is called in a history."""
