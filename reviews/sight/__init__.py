"""Pages about who sees a case: interests and recusals, shares across the border, break-glass."""
