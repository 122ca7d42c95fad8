"""An app of Django with nothing but a process: Viewflow writes down a process by the app that it is in."""
