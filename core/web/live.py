"""Pages that keep themselves up to date: they ask every few seconds, and mostly hear "nothing new".

In a page::

    {% live url seen %}  …what may change…  {% endlive %}

and in the view behind ``url``::

    return live.answer(request, seen=str(order.version), template="sourcing/_status.html", context={"order": order})

No expression is evaluated in the browser (the content security policy forbids it); app.js keeps a hidden tab quiet.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def answer(request: HttpRequest, *, seen: str, template: str, context: dict | Callable[[], dict]) -> HttpResponse:
    """This will return 204 (htmx swaps nothing) when the page has already ``seen`` this state, else the new piece."""
    if request.GET.get("seen") == str(seen):
        return HttpResponse(status=204)
    return render(request, template, {**(context() if callable(context) else context), "seen": str(seen)})
