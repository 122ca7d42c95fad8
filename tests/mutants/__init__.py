"""The rules of sight and permission, each taken out once, to see that a test then fails: `make mutants`."""

from tests.mutants import of_deeds, of_returns, of_sight, of_signing_in, of_the_ledger

ALL = (
    *of_sight.MUTANTS,
    *of_returns.MUTANTS,
    *of_deeds.MUTANTS,
    *of_signing_in.MUTANTS,
    *of_the_ledger.MUTANTS,
)
