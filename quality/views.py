"""Pages of inspections."""

from django.http import Http404
from django.shortcuts import render

from core.web.access import page
from quality.models import Inspection


@page("quality.view_inspection")
def inspection(request, pk):
    found = Inspection.objects.visible_to(request.actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return render(request, "plain.html", {"document": found})
