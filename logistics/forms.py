"""What logistics people fill in: a shipment, a milestone, goods received, delivered and returned."""

from datetime import UTC, datetime, time
from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.templatetags.iscm import qty
from core.web.forms import DateInput, DecimalField, DocumentForm, Form
from core.web.rows import RowForm, row_set
from inventory.models import Warehouse
from logistics import services
from logistics.models import Classifier, Disposition, MilestoneCode, ReturnReason, TradeDocumentType
from parties.models import Organisation
from reference.models import Place
from sourcing.models import Mode

ZERO = Decimal(0)
EMPTY = "–"


def _quantity(label, **kwargs) -> DecimalField:
    kwargs = {"required": False, "min_value": ZERO, "max_digits": 14, "decimal_places": 4, **kwargs}
    return DecimalField(label=label, **kwargs)


class PlaceField(forms.CharField):
    """A port, airport or inland place by its code; the browser suggests the main ones."""

    def __init__(self, **kwargs):
        widget = forms.TextInput({"list": "places", "autocomplete": "off", "placeholder": "CNNGB", "class": "code"})
        super().__init__(max_length=60, required=False, widget=widget, **kwargs)

    def clean(self, value):
        code = super().clean(value).split(" ")[0].upper()
        if code and not Place.objects.filter(pk=code).exists():
            raise forms.ValidationError(_now("There is no place %(code)s.") % {"code": code})
        return code


class ShipmentForm(DocumentForm):
    mode = forms.ChoiceField(label=_("Mode"), choices=Mode.choices)
    forwarder = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Forwarder"), required=False, empty_label=EMPTY
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), label=_("To our warehouse"), required=False, empty_label=EMPTY
    )
    origin = PlaceField(label=_("From"))
    destination = PlaceField(label=_("To"))
    planned_departure_date = forms.DateField(label=_("Planned departure"), widget=DateInput, required=False)
    planned_arrival_date = forms.DateField(label=_("Planned arrival"), widget=DateInput, required=False)
    carrier = forms.CharField(label=_("Carrier"), max_length=100, required=False)
    vessel = forms.CharField(label=_("Vessel or flight"), max_length=100, required=False)
    voyage = forms.CharField(label=_("Voyage"), max_length=40, required=False)
    transport_document = forms.CharField(label=_("B/L or AWB"), max_length=60, required=False)
    containers = forms.CharField(
        label=_("Containers"),
        required=False,
        widget=forms.Textarea({"rows": 2, "placeholder": "CSQU3054383 SEAL123 45G1"}),
        help_text=_("One a line: number, seal, size and type."),
    )
    freight_included = forms.BooleanField(
        label=_("The freight is in the price"), required=False, help_text=_("Then no freight charge is expected.")
    )
    remarks = forms.CharField(label=_("Remarks"), max_length=4000, required=False, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        forwarders = Organisation.objects.visible_to(actor).filter(is_forwarder=True, active=True)
        self.fields["forwarder"].queryset = forwarders.order_by("name")
        self.fields["warehouse"].queryset = Warehouse.objects.visible_to(actor).filter(active=True)

    def content(self, rows) -> services.ShipmentInput:
        data = self.values()
        containers = [line.split() for line in data.pop("containers").splitlines() if line.strip()]
        forwarder, warehouse = data.pop("forwarder"), data.pop("warehouse")
        return services.ShipmentInput(
            **data,
            forwarder_id=forwarder.pk if forwarder else None,
            warehouse_id=warehouse.pk if warehouse else None,
            containers=[services.ContainerInput(*parts[:3]) for parts in containers],
            lines=[services.ShipmentLineInput(row.thing.pk, row.cleaned_data["quantity"]) for row in rows.kept()],
        )


class ShipRow(RowForm):
    """An open order line and how much of it is loaded; empty: not with this shipment."""

    quantity = _quantity(_("To ship"))

    def title(self):
        return self.thing.sku, self.thing.description

    def facts(self):
        return [
            (_now("Order"), self.thing.order.number),
            (_now("Ordered"), qty(self.thing.quantity, self.thing.unit_id)),
            (_now("Still open"), qty(self.thing.left)),
        ]

    def counts(self):
        return bool(self.cleaned_data.get("quantity"))


ShipRows = row_set(ShipRow)


class MilestoneForm(forms.Form):
    """One report: happened, expected or planned."""

    code = forms.ChoiceField(label=_("Milestone"), choices=MilestoneCode.choices)
    classifier = forms.ChoiceField(
        label=_("It"),
        choices=[
            (Classifier.ACTUAL, _("has happened")),
            (Classifier.ESTIMATED, _("is expected")),
            (Classifier.PLANNED, _("is planned")),
        ],
    )
    day = forms.DateField(label=_("On (day at the place)"), widget=DateInput)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def report(self) -> services.MilestoneInput:
        """Noon of the day: what counts is the day at the place, not the minute."""
        data = self.cleaned_data
        moment = datetime.combine(data["day"], time(12), UTC)
        return services.MilestoneInput(
            data["code"], data["classifier"], moment, place_date=data["day"], note=data["note"]
        )


class DocumentRecordForm(forms.Form):
    doc_type = forms.ChoiceField(label=_("Document"), choices=TradeDocumentType.choices)
    number = forms.CharField(label=_("Number"), max_length=60, required=False)
    received_date = forms.DateField(
        label=_("Received"), widget=DateInput, required=False, help_text=_("Empty: it is missing.")
    )
    conflict = forms.CharField(
        label=_("Contradicts the others"),
        max_length=300,
        required=False,
        help_text=_("What differs, e.g. 49 cartons, not 50."),
    )


class ReasonForm(DocumentForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea({"rows": 2}))


class CancelReceiptForm(ReasonForm):
    day = forms.DateField(label=_("Posted on"), widget=DateInput)


class TakeOverForm(forms.Form):
    day = forms.DateField(
        label=_("Posted on"), widget=DateInput, required=False, help_text=_("Empty: the day on which the risk passed.")
    )


class ReceiptForm(Form):
    warehouse = forms.ModelChoiceField(Warehouse.objects.none(), label=_("Warehouse"), empty_label=None)
    received_date = forms.DateField(label=_("Received on"), widget=DateInput)
    delivery_note = forms.CharField(label=_("Delivery note"), max_length=60, required=False)
    remarks = forms.CharField(label=_("Remarks"), max_length=4000, required=False, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args, actor: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].queryset = Warehouse.objects.visible_to(actor).filter(active=True)

    def content(self, rows, shipment=None) -> services.ReceiptInput:
        data = self.cleaned_data
        return services.ReceiptInput(
            warehouse_id=data["warehouse"].pk,
            received_date=data["received_date"],
            delivery_note=data["delivery_note"],
            remarks=data["remarks"],
            shipment_id=shipment.pk if shipment else None,
            lines=[row.line() for row in rows.kept()],
        )


class ReceiveRow(RowForm):
    """Goods of an order line (``thing`` is what is expected of it) as they were counted and judged."""

    accepted = _quantity(_("Accepted"))
    rejected = _quantity(_("Rejected"))
    short = _quantity(_("Missing"))
    damaged = forms.BooleanField(label=_("Damaged"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)

    def __init__(self, *args, thing=None, **kwargs):
        super().__init__(*args, thing=thing, **kwargs)
        if thing is not None and thing.shipment_line is None:
            del self.fields["short"]  # only what a shipment announced can be missing

    def title(self):
        return self.thing.sku, self.thing.description

    def facts(self):
        return [(_now("Order"), self.thing.order_number), (_now("Expected"), qty(self.thing.open, self.thing.unit_id))]

    def codes(self):
        return self.thing.codes

    def counts(self):
        return any(self.cleaned_data.get(name) for name in ("accepted", "rejected", "short"))

    def line(self) -> services.ReceiptLineInput:
        data = self.cleaned_data
        return services.ReceiptLineInput(
            order_line_id=self.thing.order_line_id,
            shipment_line_id=self.thing.shipment_line,
            accepted=data["accepted"] or ZERO,
            rejected=data["rejected"] or ZERO,
            short=data.get("short") or ZERO,
            damaged=data["damaged"],
            reason=data["reason"],
        )


ReceiveRows = row_set(ReceiveRow)


class DeliveryForm(forms.Form):
    shipped_date = forms.DateField(label=_("Shipped on"), widget=DateInput)
    carrier = forms.CharField(label=_("Carrier"), max_length=100, required=False)
    tracking = forms.CharField(label=_("Tracking number"), max_length=60, required=False)
    mode = forms.ChoiceField(label=_("Mode"), choices=[("", EMPTY), *Mode.choices], required=False)
    freight_included = forms.BooleanField(label=_("The freight is in the price"), required=False)

    def content(self, order, rows) -> services.DeliveryInput:
        return services.DeliveryInput(
            order_id=order.pk,
            lines=[services.DeliveryLineInput(row.thing.pk, row.cleaned_data["quantity"]) for row in rows.kept()],
            **self.cleaned_data,
        )


class DeliverRow(RowForm):
    quantity = _quantity(_("To deliver"))

    def title(self):
        return self.thing.sku, self.thing.description

    def facts(self):
        return [
            (_now("Still open"), qty(self.thing.open_quantity, self.thing.unit_id)),
            (_now("Reserved"), qty(self.thing.reserved_quantity)),
            (_now("Available"), qty(self.thing.available)),
        ]

    def codes(self):
        return self.thing.codes

    def counts(self):
        return bool(self.cleaned_data.get("quantity"))


DeliverRows = row_set(DeliverRow)


class DeliveredForm(DocumentForm):
    delivered_date = forms.DateField(
        label=_("Delivered on"), widget=DateInput, help_text=_("By the proof of delivery.")
    )
    documents_ok = forms.BooleanField(label=_("Documents were complete and right"), required=False, initial=True)


class CustomerReturnForm(forms.Form):
    returned_date = forms.DateField(label=_("Came back on"), widget=DateInput)
    reason = forms.ChoiceField(label=_("Reason"), choices=ReturnReason.choices)
    remarks = forms.CharField(label=_("Remarks"), max_length=4000, required=False, widget=forms.Textarea({"rows": 2}))


class CameBackRow(RowForm):
    quantity = _quantity(_("Came back"))
    disposition = forms.ChoiceField(label=_("They go"), choices=Disposition.choices)

    def title(self):
        return self.thing.order_line.sku, self.thing.order_line.description

    def facts(self):
        return [
            (_now("Delivered"), qty(self.thing.quantity, self.thing.order_line.unit_id)),
            (_now("Back before"), qty(self.thing.returned)),
        ]

    def counts(self):
        return bool(self.cleaned_data.get("quantity"))


CameBackRows = row_set(CameBackRow)


class SupplierReturnForm(forms.Form):
    returned_date = forms.DateField(label=_("Sent back on"), widget=DateInput)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class GoesBackRow(RowForm):
    quantity = _quantity(_("Goes back"))

    def title(self):
        return self.thing.order_line.sku, self.thing.order_line.description

    def facts(self):
        return [
            (_now("Accepted"), qty(self.thing.good_left, self.thing.order_line.unit_id)),
            (_now("Rejected"), qty(self.thing.bad_left)),
        ]

    def counts(self):
        return bool(self.cleaned_data.get("quantity"))


GoesBackRows = row_set(GoesBackRow)
