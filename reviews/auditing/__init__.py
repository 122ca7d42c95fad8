"""Looking at the ledger: the auditor's page, who has looked at a case, and access that is unusual."""
