#!/usr/bin/env python
"""The command line of the product: `python manage.py help` lists its verbs."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as why:
        sys.exit(str(why))  # a setting without which nothing can start: the sentence is enough


if __name__ == "__main__":
    main()
