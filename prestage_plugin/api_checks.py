"""What is wrong with the settings of the API."""

from collections.abc import Mapping

from django.core.checks import CheckMessage, Error

from prestage_plugin.conf import API_RATES, PrestageSettings, parse_rate

__all__ = ["check_api"]


def check_api(prestage: PrestageSettings) -> list[CheckMessage]:
    """Report rates that are none.

    Args:
        prestage: The site's settings.
    """
    rates = prestage.api_rates
    if not isinstance(rates, Mapping):
        return [Error("PRESTAGE['API_RATES'] must be a dictionary.", id="prestage.E050")]
    messages: list[CheckMessage] = []
    for scope, rate in rates.items():
        if scope not in API_RATES:
            text = f"PRESTAGE['API_RATES'] has no scope {scope!r}; it has {', '.join(API_RATES)}."
            messages.append(Error(text, id="prestage.E051"))
        elif not _is_rate(rate):
            text = f"PRESTAGE['API_RATES'][{scope!r}] must be like '600/minute', or None."
            messages.append(Error(text, id="prestage.E052"))
    return messages


def _is_rate(rate: object) -> bool:
    if rate is None:
        return True
    try:
        parse_rate(str(rate))
    except ValueError:
        return False
    return True
