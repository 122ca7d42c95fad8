"""Muting the reminders of a case, with a reason and a last day, and letting them be sent again."""

from typing import Any

from django.http import Http404

from reviews import forms
from reviews.muting_forms import MuteForm
from reviews.services import reminders
from reviews.views.base import SubjectPage
from workflows.countdown import day_in_words


class MuteReminders(SubjectPage):
    """Nobody is reminded of the case, or of one deadline of it or of its returns, until the end of a day."""

    title = "Mute reminders"
    submit = "Mute reminders"
    lead = (
        "Deadlines run on, and are recorded as late when they are. A reminder that waits to be sent is held back, too. "
        "The business manager still hears of a deadline set by law on its day, and when it is late."
    )
    permission = reminders.MAY_MUTE
    form_class = MuteForm

    def form_arguments(self) -> dict[str, Any]:
        return {"deadlines": reminders.can_be_muted(self.subject, self.acting()["by"], at=self.at)}

    def initial(self) -> dict[str, Any]:
        return {"which": "case"}

    def act(self, form: MuteForm) -> str:
        given = form.cleaned_data
        reminders.mute_case(
            self.subject,
            reason=given["reason"],
            until=given["until"],
            deadline=form.deadline(),
            **self.acting(),
        )
        return self.come_back(f"Nobody is reminded until the end of {day_in_words(given['until'])}.")


class EndMute(SubjectPage):
    """Reminders are sent again."""

    title = "Send reminders again"
    submit = "Send reminders again"
    lead = "What was passed over is not sent afterwards."
    permission = reminders.MAY_MUTE
    form_class = forms.ConfirmForm
    done = "Reminders are sent again."

    def prepare(self) -> None:
        super().prepare()
        self.muted = self.subject.mutes.filter(pk=self.kwargs["mute"]).first()
        if self.muted is None:
            raise Http404

    def act(self, form: Any) -> str:
        reminders.end_mute(self.muted, **self.acting())
        return self.come_back()
