"""The product's settings for a worker that sends notices, with the addresses that these tests have."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.notifications.urls"
