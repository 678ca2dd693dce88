"""`manage.py prestage token`: make, list and revoke tokens of the API."""

from argparse import _SubParsersAction
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from rich.table import Table

from nornir_tasks.cli.output import printable
from prestage_plugin.errors import Refused
from prestage_plugin.management.prestage_cli.arguments import add_subcommand, user_named
from prestage_plugin.management.prestage_cli.terminal import Terminal
from prestage_plugin.models import SYSTEM_USER, ApiToken
from prestage_plugin.services.tokens import create_token, revoke_token
from prestage_plugin.states import TokenScope

__all__ = ["add_parsers"]

_EXAMPLES = """\
token create ci --user alice --scope read jobs --days 90
token list
token revoke 4k2m9x0qw7ab"""


def add_parsers(subparsers: "_SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = add_subcommand(
        subparsers, "token", text="make, list and revoke tokens of the API", examples=_EXAMPLES
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True, dest="verb")
    create = verbs.add_parser("create", help="make a token; its secret is printed this once")
    create.add_argument("name", metavar="NAME", help="histories show it")
    create.add_argument(
        "--user", required=True, metavar="LOGIN", help="whose permissions it has at most"
    )
    create.add_argument(
        "--scope",
        nargs="+",
        required=True,
        choices=[str(scope) for scope in TokenScope],
        help="what it may do",
    )
    create.add_argument(
        "--days", type=int, metavar="N", help="days until it expires (default: never)"
    )
    create.set_defaults(run=_create)
    shown = verbs.add_parser("list", help="show the tokens, without their secrets")
    shown.add_argument("--user", metavar="LOGIN", help="only this user's")
    shown.set_defaults(run=_list)
    revoke = verbs.add_parser("revoke", help="end a token")
    revoke.add_argument("prefix", metavar="PREFIX", help="as `token list` shows it")
    revoke.set_defaults(run=_revoke)


def _create(options: dict[str, Any], terminal: Terminal) -> int:
    user, days = user_named(options["user"]), options["days"]
    assert isinstance(user, User)
    token, secret = create_token(
        user=user,
        name=options["name"],
        scopes=options["scope"],
        created_by=SYSTEM_USER,
        expires_at=timezone.now() + timedelta(days=days) if days is not None else None,
    )
    terminal.hint(f"The token {token.name} of {options['user']}; its secret is not kept anywhere:")
    terminal.write(f"{secret}\n")
    return 0


def _list(options: dict[str, Any], terminal: Terminal) -> int:
    tokens = ApiToken.objects.select_related("user").order_by("user__username", "name", "pk")
    if (user := user_named(options["user"])) is not None:
        tokens = tokens.filter(user=user)
    table = Table("Prefix", "User", "Name", "Scopes", "State", "Last used", box=None)
    usable = set(ApiToken.objects.usable().values_list("pk", flat=True))
    for token in tokens:
        used = token.last_used_at
        table.add_row(
            token.prefix,
            printable(token.user.get_username()),
            printable(token.name),
            " ".join(token.scopes),
            "usable" if token.pk in usable else "ended",
            timezone.localtime(used).strftime("%Y-%m-%d %H:%M") if used is not None else "never",
        )
    terminal.show(table)
    return 0


def _revoke(options: dict[str, Any], terminal: Terminal) -> int:
    token = ApiToken.objects.filter(prefix=options["prefix"]).first()
    if token is None:
        raise Refused("unknown-token", "There is no such token; token list shows them.")
    revoke_token(token_id=token.pk)
    terminal.say(f"The token {token.name} is revoked.")
    return 0
