"""Chromium, Firefox and WebKit, driven alike: the same journeys in each."""
