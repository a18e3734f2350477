"""Answer a CloudFormation custom resource.

CloudFormation invokes a function with an event that holds a presigned ``ResponseURL`` and waits, up to an hour, until
something is put there. ``send`` puts it; ``responder`` makes sure that it is always put, also when the handler fails.
"""

import functools
import json
import logging
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"

#: CloudFormation takes at most this many bytes of a response.
MAX_RESPONSE = 4096

logger = logging.getLogger(__name__)


class ResponseTooLarge(ValueError):
    """The response has more bytes than CloudFormation takes."""


def body(event, status, data=None, *, physical_resource_id=None, reason="", no_echo=False):
    """Return the response to ``event`` as bytes, for ``send`` or for a test."""
    response = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": physical_resource_id or event.get("PhysicalResourceId") or event["RequestId"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": no_echo,
        "Data": data or {},
    }
    encoded = json.dumps(response).encode()
    if len(encoded) > MAX_RESPONSE:
        raise ResponseTooLarge(f"the response has {len(encoded)} bytes, CloudFormation takes {MAX_RESPONSE}")
    return encoded


def send(event, status, data=None, **options):
    """Answer ``event``; the options are those of ``body``. The address is a secret and is not logged."""
    encoded = body(event, status, data, **options)
    # CloudFormation signs its address for an empty content type.
    request = urllib.request.Request(event["ResponseURL"], data=encoded, method="PUT", headers={"Content-Type": ""})
    with urllib.request.urlopen(request, timeout=30) as reply:
        logger.info("answered %s for %s: HTTP %s", status, event["LogicalResourceId"], reply.status)


def responder(handler):
    """Decorate ``handler(event, context) -> data`` so that CloudFormation always gets an answer."""

    @functools.wraps(handler)
    def answer(event, context):
        try:
            data = handler(event, context)
            body(event, SUCCESS, data)  # fails here, where it is answered, rather than in send
        except Exception as error:
            logger.exception("the handler failed")
            log_stream = getattr(context, "log_stream_name", "the function's log")
            send(event, FAILED, reason=f"{type(error).__name__}; see {log_stream}")
        else:
            send(event, SUCCESS, data)

    return answer
