"""The pages about how long records are kept: holds, reviews by two people, certificates of disposal."""
