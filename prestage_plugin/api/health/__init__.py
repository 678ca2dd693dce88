"""How the site is."""
