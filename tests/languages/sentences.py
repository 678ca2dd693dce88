"""Finds the sentences that services and `nornir_tasks` make, as templates with named places.

Their English is what the database, the logs and the API hold, so the source says them plainly, as
`Refused("no-role", f"{device.name} has no assigned role.")`. The template of that one is
`{name} has no assigned role.`; `prestage_plugin.sentences` recognises a sentence by it.
"""

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

__all__ = ["Unreadable", "sentences_in"]

SPOKEN: Mapping[str, frozenset[int]] = {
    "Refused": frozenset({1}),
    "PrestageError": frozenset({1}),
    "Finding": frozenset({1}),
    "trip": frozenset({1}),
    "marked": frozenset({0}),
}
"""Functions by the places of those arguments that are sentences.

A function that passes its own argument on to one of these becomes one within its module.
"""

SPOKEN_KEYWORDS = frozenset({"detail", "reason", "summary", "text"})
"""Arguments that are sentences where the call writes them out."""

_MOST_WAYS = 16
"""Ways to read one name; more would be no part of a sentence."""
_FEWEST_LETTERS = 4
"""A template with less of its own would fit every text."""
_SAME_WORDS = {"lower", "lstrip", "rstrip", "strip", "upper"}


class Unreadable(Exception):  # noqa: N818 - what the source is, not a defect of this module
    """A sentence that cannot be read from the source; the text says where."""


_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """What names stand for, in a module and in one function of it.

    Attributes:
        path: Of the module.
        functions: Of the module, by name.
        spoken: As `SPOKEN`, with what the module adds.
        module: Values by name.
        local: Values by name, within the function.
        parameters: Of the function.
        busy: Names that are being looked up.
    """

    path: Path
    functions: Mapping[str, _Function]
    spoken: Mapping[str, frozenset[int]]
    module: Mapping[str, list[ast.expr]]
    local: Mapping[str, list[ast.expr]] = field(default_factory=dict)
    parameters: Sequence[str] = ()
    busy: frozenset[str] = frozenset()

    def within(self, function: _Function) -> "_Scope":
        local = _assigned(ast.walk(function))
        return replace(self, local=local, parameters=_parameters(function))


def sentences_in(path: Path) -> Iterator[str]:
    """Yield the templates of a module's sentences.

    Raises:
        Unreadable: One is made in a way that does not show its words.
    """
    tree = ast.parse(path.read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    inside = {id(node) for each in functions for node in ast.walk(each) if node is not each}
    scope = _Scope(
        path=path,
        functions={each.name: each for each in functions},
        spoken=_spoken_in(functions),
        module=_assigned(tree.body),
    )
    yield from _said((node for node in ast.walk(tree) if id(node) not in inside), scope)
    for function in functions:
        if id(function) not in inside:
            yield from _said(ast.walk(function), scope.within(function))


def _spoken_in(functions: Sequence[_Function]) -> dict[str, frozenset[int]]:
    """Return `SPOKEN` with the functions that pass an argument of theirs on to one of it."""
    spoken = dict(SPOKEN)
    known = 0
    while known != len(spoken):
        known = len(spoken)
        for function in functions:
            parameters = _parameters(function)
            passed = {
                argument.id
                for call in ast.walk(function)
                if isinstance(call, ast.Call)
                for argument in [*_spoken_arguments(call, spoken), *_spoken_keywords(call)]
                if isinstance(argument, ast.Name)
            }
            places = frozenset(parameters.index(name) for name in passed & set(parameters))
            if places and function.name not in SPOKEN:
                spoken[function.name] = places
    return spoken


def _spoken_arguments(call: ast.Call, spoken: Mapping[str, frozenset[int]]) -> list[ast.expr]:
    places = spoken.get(_name_of(call.func), ())
    return [call.args[place] for place in sorted(places) if place < len(call.args)]


def _spoken_keywords(call: ast.Call) -> list[ast.expr]:
    return [each.value for each in call.keywords if each.arg in SPOKEN_KEYWORDS]


def _parameters(function: _Function) -> list[str]:
    names = [each.arg for each in function.args.args]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def _said(nodes: Iterable[ast.AST], scope: _Scope) -> Iterator[str]:
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        for argument in _spoken_arguments(node, scope.spoken):
            yield from _read(argument, scope)
        for value in _spoken_keywords(node):
            # Others pass on what was said, or stored, elsewhere.
            if isinstance(value, ast.JoinedStr | ast.Constant) or _templates(value, scope):
                yield from _read(value, scope)


def _read(value: ast.expr, scope: _Scope) -> list[str]:
    """Return the templates that an expression can be, without what it passes on."""
    found = _templates(value, scope)
    if found is None:
        raise Unreadable(
            f"{scope.path}:{value.lineno}: the words of `{ast.unparse(value)}` cannot be read "
            "from the source; write them out there, or call marked() where they are written."
        )
    return [text for text in dict.fromkeys(found) if _letters_of_its_own(text) >= _FEWEST_LETTERS]


def _letters_of_its_own(template: str) -> int:
    depth = letters = 0
    for character in template:
        depth += (character == "{") - (character == "}")
        letters += depth == 0 and character.isalpha()
    return letters


def _templates(value: ast.expr, scope: _Scope) -> list[str] | None:
    """Return what an expression can say; None when its words do not show."""
    match value:
        case ast.Constant(value=str(text)):
            return [text.replace("{", "{{").replace("}", "}}")]
        case ast.JoinedStr(values=parts):
            return _joined(parts, scope)
        case ast.IfExp(body=first, orelse=second):
            return _any_of([first, second], scope)
        case ast.BoolOp(values=several) | ast.Dict(values=several):
            return _any_of(several, scope)
        case ast.Tuple() | ast.List():
            texts = (n for n in ast.walk(value) if isinstance(n, ast.Constant))
            return [text for each in texts for text in _templates(each, scope) or []]
        case ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name):
            return _of_name(name, scope)
        case ast.Attribute(attr="text" | "meaning" | "reason" | "result"):
            return []  # another sentence, which is found where it is made
        case ast.Call():
            return _of_call(value, scope)
    return None


def _of_name(name: str, scope: _Scope) -> list[str] | None:
    if name in scope.busy:
        return []
    values = scope.local.get(name) or scope.module.get(name)
    if values:
        return _any_of(values, replace(scope, busy=scope.busy | {name}))
    return [] if name in scope.parameters else None


def _of_call(call: ast.Call, scope: _Scope) -> list[str] | None:
    match call:
        case ast.Call(func=ast.Name(id="one_line" | "marked"), args=[text]):
            return _templates(text, scope)
        case ast.Call(func=ast.Attribute(attr="format", value=text)):
            written = _templates(text, scope) or []
            return [each.replace("{{", "{").replace("}}", "}") for each in written] or None
        case ast.Call(func=ast.Attribute(attr="rstrip", value=text)):
            return [each.rstrip(".") for each in _templates(text, scope) or []] or None
    function = scope.functions.get(_name_of(call.func))
    if function is None:
        return None
    returned = [n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value]
    return _any_of(returned, scope.within(function))


def _any_of(values: Iterable[ast.expr], scope: _Scope) -> list[str] | None:
    found: list[str] = []
    for value in values:
        templates = _templates(value, scope)
        if templates is None:
            return None
        found += templates
    return found


def _joined(parts: list[ast.expr], scope: _Scope) -> list[str]:
    """Return the templates of an f-string; a name in it that stands for words is replaced."""
    places: dict[str, int] = {}
    ways: list[list[str]] = []
    for part in parts:
        if not isinstance(part, ast.FormattedValue):
            ways.append(_templates(part, scope) or [])
            continue
        plain = isinstance(part.value, ast.Name | ast.Call)
        words = _templates(part.value, scope) if plain else None
        if words and len(words) <= _MOST_WAYS:
            ways.append(words)
            continue
        name = _place_of(part.value)
        places[name] = places.get(name, 0) + 1
        ways.append([f"{{{name}}}" if places[name] == 1 else f"{{{name}_{places[name]}}}"])
    return ["".join(way) for way in itertools.product(*ways)]


def _place_of(value: ast.expr) -> str:
    """Return the name of a place, e.g. `state_display` for `job.get_state_display()`."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Call(func=ast.Attribute(attr="join"), args=[inner]):
            return _place_of(inner)
        case ast.Call(func=ast.Attribute(attr=attribute, value=inner)):
            if attribute in _SAME_WORDS:
                return _place_of(inner)
            return attribute.removeprefix("get_").strip("_")
        case ast.Call(args=[inner, *_]) | ast.Subscript(value=inner) | ast.BinOp(left=inner):
            return _place_of(inner)
        case ast.Call(func=function):
            return _place_of(function)
    return "value"


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _assigned(nodes: Iterable[ast.AST]) -> dict[str, list[ast.expr]]:
    """Return what names stand for; what a loop takes from a table is any of the table's texts."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found.setdefault(name, []).append(value)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for target, each in zip(targets, values, strict=False):
                    found.setdefault(ast.unparse(target), []).append(each)
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.Name() as table):
                for target in targets:
                    found.setdefault(ast.unparse(target), []).append(table)
    return found
