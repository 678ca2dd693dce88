"""The version of the API: its first number is in the address, the rest is compatible."""

__all__ = ["API_VERSION"]

API_VERSION = "1.0.0"
