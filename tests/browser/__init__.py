"""The desk in a real browser: Debian's chromium, driven by playwright; nothing is downloaded for it, or by it."""
