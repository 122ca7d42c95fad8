"""reviews, as Django knows it."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"
