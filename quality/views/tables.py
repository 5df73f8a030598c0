"""The sampling tables as a page: how many to draw, when to accept."""

from django.shortcuts import render
from django.utils.translation import gettext as _

from core.web.access import page
from quality import aql
from quality.forms import AqlForm


@page(outside=True)
def sampling_plans(request):
    """Every AQL of the tables for one lot: the letter, n, Ac and Re, arrows followed."""
    form = AqlForm(request.GET or None, initial={"lot": 3000, "level": "II", "severity": aql.NORMAL})
    asked = (
        form.cleaned_data if request.GET and form.is_valid() else {"lot": 3000, "level": "II", "severity": aql.NORMAL}
    )
    plans = [
        (one, aql.plan_for(asked["lot"], one, level=asked["level"], severity=asked["severity"])) for one in aql.AQLS
    ]
    letter = aql.code_letter(asked["lot"], asked["level"])
    context = {"form": form, "asked": asked, "plans": plans, "letter": letter, "title": _("Sampling plans")}
    return render(request, "quality/sampling_plans.html", context)
