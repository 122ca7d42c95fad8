"""A person's calendar feed: the secret address at which a calendar program may fetch what is due."""

from django.db import models
from django.db.models import Q

from accounts.models import User


class CalendarFeed(models.Model):
    """One address that a person made. Its secret is stored as a hash: whoever reads the table cannot fetch it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="calendar_feeds")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret.")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="NULL: it works.")
    read_at = models.DateTimeField(null=True, help_text="When a calendar last fetched it, to the hour.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="one_working_feed_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"feed of {self.user_id} from {self.made_at:%Y-%m-%d}"
