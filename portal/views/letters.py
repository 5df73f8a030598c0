"""The credits in a supplier's favour: until when he ships, what he presents, and what the bank found."""

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.web import attachments, timeline
from core.web.lists import Column, DocumentList
from finance.models import LetterOfCredit
from finance.selectors.letters import last_day
from portal.access import PartyListMixin, fetch, party_page
from portal.filters import LetterFilter

VIEW = "finance.view_letterofcredit"


class LetterList(PartyListMixin, DocumentList):
    model = LetterOfCredit
    title = _("Letters of credit")
    permission = VIEW
    filterset_class = LetterFilter
    row_template = "portal/letter_row.html"
    empty_text = _("No letter of credit has been issued in your favour. You will get an e-mail when one is.")
    presets = ((_("Issued"), "status=issued"),)
    columns = (
        Column("number", _("Number"), sort="number"),
        Column("bank_reference", _("Bank's number"), sort="bank_reference"),
        Column("order__number", _("Order"), sort="order__number"),
        Column("get_status_display", _("Status"), sort="status"),
        Column("latest_shipment_date", _("Ship by"), sort="latest_shipment_date"),
        Column("expiry_date", _("Expiry"), sort="expiry_date"),
        Column("amount", _("Amount"), sort="amount", numeric=True),
        Column("drawn_amount", _("Drawn"), sort="drawn_amount", numeric=True),
    )

    def rows(self, actor):
        return super().rows(actor).select_related("order")

    def context(self, actor):
        return {"today": timezone.localdate()}


@party_page(VIEW)
def letter_page(request, pk: int):
    rows = LetterOfCredit.objects.visible_to(request.actor).select_related("order", "bank", "company")
    letter = fetch(rows, pk)
    context = {
        "letter": letter,
        "today": timezone.localdate(),
        "last_day": last_day(letter),
        "drawn_percent": 100 * letter.drawn_amount / letter.limit,
        "presentations": list(letter.presentations.select_related("invoice").order_by("-pk")),
        "entries": timeline.of(request.actor, letter),
        **attachments.shown_on(request, letter),
    }
    return render(request, "portal/letter.html", context)
