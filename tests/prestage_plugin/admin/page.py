"""Reading a page as a person does."""

from typing import Any

from lxml import html

Response = Any
"""The test client adds attributes that no class declares."""


def parse(response: Response) -> html.HtmlElement:
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def table(response: Response, selector: str) -> list[list[str]]:
    """Return the cells of a table's body."""
    (found,) = parse(response).xpath(selector)
    return [[words(cell) for cell in row.xpath("./th|./td")] for row in found.xpath("./tbody/tr")]


def messages_of(response: Response) -> list[str]:
    return [str(message) for message in response.context["messages"]]
