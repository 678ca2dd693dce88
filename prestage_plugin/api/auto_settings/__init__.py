"""The settings of auto prestaging, which people change while the site runs."""
