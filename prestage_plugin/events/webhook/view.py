"""`POST events/webhook/NAME/`: signed messages about devices that changed."""

import logging
from http import HTTPStatus

from django.db import DatabaseError, InterfaceError, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from prestage_plugin.conf import get_settings
from prestage_plugin.events.webhook.classification import classify
from prestage_plugin.events.webhook.document import parse_document
from prestage_plugin.events.webhook.payload import read_payload
from prestage_plugin.events.webhook.reception import Reception, receive
from prestage_plugin.events.webhook.refusal import Refusal, RefusalCode
from prestage_plugin.events.webhook.replay import check_freshness, receipt_of
from prestage_plugin.events.webhook.signature import verify_signature
from prestage_plugin.problem import PROBLEM_TYPE, problem_document

__all__ = ["webhook_view"]

logger = logging.getLogger(__name__)


@csrf_exempt
@transaction.non_atomic_requests
def webhook_view(request: HttpRequest, name: str) -> JsonResponse:
    """Answer 202 when everything worth an event is written down, else with a problem document.

    Args:
        request: Its signature counts, nothing else: no session, no cookie.
        name: Name of the sender.
    """
    try:
        return _answer(_receive(request, name))
    except Refusal as refusal:
        return _answer_problem(refusal)
    except (DatabaseError, InterfaceError):
        logger.exception("a webhook could not be written down")
        return _answer_problem(
            Refusal(
                RefusalCode.DATABASE_UNAVAILABLE,
                "The message could not be written down; send it again.",
            )
        )


def _receive(request: HttpRequest, name: str) -> Reception:
    """Check first what costs least, and read nothing into a message before it is proven genuine."""
    if request.method != "POST":
        raise Refusal(
            RefusalCode.METHOD_NOT_ALLOWED,
            "A webhook is sent with POST.",
            headers={"Allow": "POST"},
        )
    site = get_settings()
    payload = read_payload(request)
    signature = verify_signature(
        name=name, payload=payload, meta=request.META, known=site.webhook_secrets
    )
    document = parse_document(payload)
    check_freshness(document, window=site.webhook_window)
    return receive(
        classify(document, site=site),
        sender=name,
        receipt=receipt_of(document, name=name, signature=signature),
    )


def _answer(reception: Reception) -> JsonResponse:
    document = {
        "accepted": reception.accepted,
        "unknown": reception.unknown,
        "ignored": {str(reason): count for reason, count in sorted(reception.ignored.items())},
    }
    return JsonResponse(document, status=HTTPStatus.ACCEPTED)


def _answer_problem(refusal: Refusal) -> JsonResponse:
    return JsonResponse(
        problem_document(status=refusal.code.status, code=refusal.code, detail=refusal.text),
        status=refusal.code.status,
        headers=refusal.headers,
        content_type=PROBLEM_TYPE,
    )
