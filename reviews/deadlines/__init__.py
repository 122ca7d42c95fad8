"""The pages of one deadline: why its date is what it is, and what moves it."""
