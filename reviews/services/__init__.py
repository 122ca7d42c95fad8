"""What people do with a review: one verb for each thing. Pages, commands and receivers call these."""
