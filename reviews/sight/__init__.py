"""Pages about who sees a case: interests and recusals."""
