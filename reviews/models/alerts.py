"""That access was unusual, by a rule: one row for each rule, person, partnership and day, so that it is told once."""

from django.db import models

from accounts.models import Partnership, User


class AccessAlert(models.Model):
    """Who, on which London day, by which rule; codes are of the cases, as the ledger had them when it was raised."""

    rule = models.CharField(max_length=40, help_text="The code of the rule, such as `many-cases`.")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    codes = models.JSONField(default=list)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "person", "partnership", "on"], name="one_alert_a_rule_person_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} on {self.on}"
