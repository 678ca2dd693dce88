"""The site that the browser tests look at: the ready-made one, with a strict content policy."""
