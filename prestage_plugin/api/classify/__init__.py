"""Configurations that are judged without any device."""
