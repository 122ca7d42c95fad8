"""Looking after a partnership: how one of its people signs in, and what to do when they cannot, or may no more."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.http import Http404

from accounts.forms import AnswerLossForm, LossForm
from accounts.models import LostFactors, User
from accounts.pages.forms import PageForm
from accounts.pages.stepping_up import StepUp
from accounts.pages.views import at, signed_in
from accounts.services import factors, limits, sessions, standing
from reviews.administration.people import PEOPLE
from reviews.administration.views import Administration, AdministrationForm, AdministrationPage
from reviews.models import Case
from reviews.services import leaving, partnerships
from workflows.calendars import local_date
from workflows.exceptions import WorkflowError


class OfPerson(Administration):
    """A page about the account of somebody with a seat here; for others there is no such page."""

    section = PEOPLE
    person: User

    def prepare(self) -> None:
        super().prepare()
        today = local_date(at(self.request))
        not_over = Q(memberships__ends_on=None) | Q(memberships__ends_on__gte=today)
        found = (
            User.objects.filter(not_over, pk=self.kwargs["pk"], is_active=True)
            .filter(memberships__seat__partnership__in=self.administered)
            .annotate(partnership_id=F("memberships__seat__partnership"))
            .order_by("partnership_id")
            .first()
        )
        self.person = self.own(found)

    def open_loss(self) -> LostFactors | None:
        return self.person.lost_factors.filter(settled_at=None).select_related("asked_by").first()


class Account(OfPerson, AdministrationPage):
    """What an administrator sees of somebody's sign-in: no secret of theirs, and nothing that they do."""

    template_name = "administration/account.html"

    def get_title(self) -> str:
        return self.person.full_name

    def shown(self) -> dict[str, Any]:
        return {
            "person": self.person,
            **factors.factors_of(self.person),
            "sittings": sessions.sittings_of(self.person, at=at(self.request)),
            "loss": self.open_loss(),
            "is_own": self.person == self.request.user,
        }


class AccountForm(StepUp, OfPerson, AdministrationForm):
    """Something to do about it, by somebody who has just confirmed that it is them."""

    section = PEOPLE
    refusals = (WorkflowError, standing.Refusal)

    def come_back(self, words: str) -> str:
        super().come_back(words)
        return self.address("person", self.person.pk)


class SendLink(AccountForm):
    """For somebody who lost their password, or their invitation."""

    form_class = PageForm
    submit = "Send the link"
    lead = (
        "For somebody who lost their password, or their invitation. The link goes to their email address and to nobody "
        "else. Their current password works until they have chosen another."
    )

    def get_title(self) -> str:
        return f"Send {self.person.full_name} a link to choose a password"

    def act(self, form: PageForm) -> str:
        if limits.count(self.request, limits.RESET, self.person.email) is None:
            raise ValidationError(
                "This person was sent 3 links within an hour. Wait, and ask them to look for them."
            )
        partnerships.send_link(self.partnership, self.person, **self.acting())
        return self.come_back(f"A link to choose a password goes to {self.person.email}.")


class EndSessions(AccountForm):
    """A lost laptop, or a desk left open."""

    form_class = PageForm
    submit = "Sign them out everywhere"
    lead = "Every browser is signed out with its next request, and the links that they were sent are dead."

    def get_title(self) -> str:
        return f"Sign {self.person.full_name} out everywhere"

    def act(self, form: PageForm) -> str:
        sessions.end_all(self.person, by=signed_in(self.request), at=self.at, request=self.request)
        return self.come_back(f"{self.person.full_name} is signed out everywhere.")


class LiftSuspension(AccountForm):
    form_class = PageForm
    submit = "Lift the suspension"
    lead = "They had not used their account for 60 days. Lift this only if they still need it."

    def get_title(self) -> str:
        return f"Let {self.person.full_name} in again"

    def act(self, form: PageForm) -> str:
        standing.lift_suspension(self.person, by=signed_in(self.request), at=self.at)
        return self.come_back(f"{self.person.full_name} can use the service again.")


class TryAgain(AccountForm):
    """Somebody else's guessing must not keep a person out for longer than an administrator needs to hear of it."""

    form_class = PageForm
    submit = "Let them try again now"
    lead = (
        "For somebody who is told that there were too many tries. If it was not them who tried, let them change their "
        "password."
    )

    def get_title(self) -> str:
        return f"Let {self.person.full_name} try again"

    def act(self, form: PageForm) -> str:
        limits.forgive(self.request, limits.SIGN_IN, self.person.email)
        limits.forgive(self.request, limits.CODE, str(self.person.pk))
        return self.come_back(f"{self.person.full_name} can try to sign in again now.")


class ReportLoss(AccountForm):
    """The first of two administrators."""

    form_class = LossForm
    submit = "Report it"
    lead = (
        "For somebody who has lost every passkey, their app and their recovery codes. A second administrator must "
        "agree; then they set up new ones when they next sign in with their password.\n\n"
        "A voice, a mail or a message is no proof: whoever asks may be somebody else."
    )

    def get_title(self) -> str:
        return f"Report that {self.person.full_name} lost every way to confirm their sign-in"

    def act(self, form: LossForm) -> str:
        if leaving.acts_elsewhere(self.person, self.partnership, at=self.at):
            raise WorkflowError(
                f"Cannot do this for {self.person.full_name} here: they also act for another body, whose cases it "
                "would open. Ask whoever runs this service."
            )
        standing.report_loss(
            self.person, proof=form.cleaned_data["proof"], by=signed_in(self.request), at=self.at
        )
        return self.come_back("This waits for a second administrator to agree.")


class AnswerLoss(AccountForm):
    """The second of two administrators; or the first, who takes it back by answering no."""

    form_class = AnswerLossForm
    submit = "Answer"
    loss: LostFactors

    def prepare(self) -> None:
        super().prepare()
        found = self.open_loss()
        if found is None:
            raise Http404
        self.loss = found

    def get_title(self) -> str:
        return f"Reset how {self.person.full_name} confirms their sign-in"

    def context(self, form: Any) -> dict[str, Any]:
        lead = (
            f"{self.loss.asked_by.full_name} reports that {self.person.full_name} lost every passkey, their app and "
            f"their recovery codes, and says: “{self.loss.get_proof_display()}”.\n\n"
            "Agree only if you have made sure of it yourself. Their sessions end, and they set up new ones after their "
            "password."
        )
        return {**super().context(form), "lead": lead}

    def act(self, form: AnswerLossForm) -> str:
        agrees = form.cleaned_data["agrees"]
        standing.settle_loss(self.loss, agrees=agrees, by=signed_in(self.request), at=self.at)
        name = self.person.full_name
        return self.come_back(
            f"{name} sets up new ones when they next sign in." if agrees else "Nothing was changed."
        )


class CloseAccount(AccountForm):
    """A leaver."""

    form_class = PageForm
    submit = "Close the account"

    def get_title(self) -> str:
        return f"Close the account of {self.person.full_name}"

    def context(self, form: Any) -> dict[str, Any]:
        lines = [
            "Every session ends with its next request. Their links, passkeys, app and calendar feed work no more. What "
            "they have done stays, under their name. This cannot be undone here."
        ]
        lines += self._left()
        return {**super().context(form), "lead": "\n\n".join(lines)}

    def _left(self) -> list[str]:
        """What nobody would answer for. Cases are named to who may see them; others are told how many deadlines."""
        seen = dict(Case.objects.visible_to(signed_in(self.request), at=self.at).values_list("pk", "code"))
        lines = []
        for seat, owed in leaving.left_without_owner(self.person, at=self.at):
            cases = {one.subject.root_id or one.subject_id for one in owed}
            codes = sorted(seen[case] for case in cases & seen.keys())
            named = f" ({', '.join(codes)})" if codes else ""
            many = f"{len(owed)} open deadline{'' if len(owed) == 1 else 's'}{named}"
            lines.append(
                f"Nobody else holds this seat: {seat}. "
                + (f"It owes {many}: put somebody in it." if owed else "Put somebody in it.")
            )
        return lines

    def act(self, form: PageForm) -> str:
        left = leaving.close_account(self.partnership, self.person, **self.acting())
        words = f"The account of {self.person.full_name} is closed."
        if left:
            words += " Nobody holds these seats now: " + "; ".join(str(seat) for seat, _ in left) + "."
        super().come_back(words)
        return self.address("people-list")
