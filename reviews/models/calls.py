"""Phone calls about a return: what no mail tells."""

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from reviews.models.returns import AgencyReturn


class PhoneCall(models.Model):
    """That somebody who runs the review phoned an agency about its return. Never changed."""

    agency_return = models.ForeignKey(AgencyReturn, on_delete=models.PROTECT, related_name="calls")
    spoke_to = models.CharField(max_length=200)
    said = models.TextField()
    called_at = models.DateTimeField(help_text="When it was, in the world.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["called_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(spoke_to="") & ~Q(said=""), name="call_says_who_and_what"),
            models.CheckConstraint(condition=Q(called_at__lte=F("recorded_at")), name="call_was_made"),
        ]

    def __str__(self) -> str:
        return f"Phone call about {self.agency_return.code}"
