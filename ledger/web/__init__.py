"""The web desk: pages and a JSON interface, for people who are signed in."""
