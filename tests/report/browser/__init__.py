"""A page in Chromium: what opens it, and what measures it."""
