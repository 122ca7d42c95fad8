"""Chronologies: what one agency's records tell in order, and all agencies' on one timeline."""
