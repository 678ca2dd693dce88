"""Webhooks of NetBox, Nautobot and anybody else who knows a secret (prestaging spec, section 6)."""
