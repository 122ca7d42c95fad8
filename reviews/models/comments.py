"""What one section of a return needs, as it was said when the return was sent back."""

from django.db import models
from django.db.models import Q

from reviews.models.return_forms import definition
from reviews.models.returns import ReturnVersion
from workflows.models import TransitionRecord


class SectionComment(models.Model):
    """A comment on one section of the version that was sent back, beside the reason for the whole. Never changed.

    record is the move that sent it back: by whom, when, and whether it is between the lead and the author.
    """

    version = models.ForeignKey(ReturnVersion, on_delete=models.PROTECT, related_name="comments")
    record = models.ForeignKey(TransitionRecord, on_delete=models.PROTECT, related_name="comments")
    section = models.CharField(max_length=40, help_text="The code of the section.")
    text = models.TextField()

    class Meta:
        verbose_name = "section comment"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["record", "section"], name="one_comment_a_section_and_move"),
            models.CheckConstraint(condition=~Q(text=""), name="section_comment_says_something"),
        ]

    @property
    def title(self) -> str:
        """What the section is called on the form of that version."""
        return definition(self.version.form_version).section(self.section).title

    def __str__(self) -> str:
        return f"comment on {self.section} in {self.version}"
