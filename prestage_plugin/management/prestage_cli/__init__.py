"""The subcommands of `manage.py prestage`, one module each: `add_parser` and what it runs."""
