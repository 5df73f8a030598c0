import json
import logging

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.web.access import page
from core.web.search import search

logger = logging.getLogger("iscm.csp")


@page(outside=True)
def search_page(request):
    """What was found, as a page, or as the drop-down below the search field (htmx)."""
    text = request.GET.get("q", "")
    partial = request.htmx and request.htmx.target == "search-results"
    context = {"text": text, "groups": search(request.actor, text, 5 if partial else 50)}
    return render(request, "web/search.html#results" if partial else "web/search.html", context)


@csrf_exempt
@require_POST
def csp_report(request):
    """A browser says that the content security policy stopped something: a fault of ours, or an attack."""
    try:
        report = json.loads(request.body[:8000]).get("csp-report", {})
        logger.warning(
            "csp_violation: %s stopped %s on %s",
            str(report.get("violated-directive"))[:100],
            str(report.get("blocked-uri"))[:200],
            str(report.get("document-uri")).split("?")[0][:200],
        )
    except (ValueError, AttributeError):
        pass
    return HttpResponse(status=204)
