"""Addresses of other documents, under whatever the site has mounted us."""

from typing import Any

from rest_framework.reverse import reverse

__all__ = ["address_of"]


def address_of(name: str, request: Any, /, **kwargs: Any) -> str:
    """Return the absolute address of a view.

    Args:
        name: Of the URL, without its namespace.
        request: The present one, which says where the API is.
        **kwargs: Of the URL.
    """
    namespace = request.resolver_match.namespace
    return str(reverse(f"{namespace}:{name}", request=request, kwargs=kwargs))
