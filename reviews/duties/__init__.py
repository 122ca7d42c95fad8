"""What law and guidance ask, by when: the statutory rules, a room for each part of the work. Pure, like the book."""

from reviews.duties.notification import NOTIFICATION
from reviews.duties.partnership import PARTNERSHIP
from reviews.duties.practice_review import PRACTICE_REVIEW
from reviews.duties.publication import PUBLICATION
from reviews.duties.rapid_review import RAPID_REVIEW

STATUTORY = (*NOTIFICATION, *RAPID_REVIEW, *PRACTICE_REVIEW, *PUBLICATION, *PARTNERSHIP)
"""In the order in which a reader meets them."""

__all__ = ["STATUTORY"]
