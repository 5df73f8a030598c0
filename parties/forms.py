from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from core.web.forms import DecimalField, DocumentForm, Form
from parties.models import KIND_CHOICES, SPOKEN, Anchor, Company, Membership, Organisation
from parties.roles import OUTSIDE_ROLES, STAFF_ROLES
from parties.selectors import approvable_kinds
from parties.services import InstalmentInput, OrganisationInput
from reference.models import Country

IDENTITY = (
    "code", "name", "name_local", "country", "city", "address", "registration_number", "tax_number",
    "contact_name", "phone", "email", "language",
)  # fmt: skip


class IdentityForm(DocumentForm):
    """Who an organisation is and how it is reached; forms of single kinds (a supplier's) add to it."""

    code = forms.CharField(label=_("Code"), max_length=30, help_text=_("Short and yours, e.g. NB-01."))
    name = forms.CharField(label=_("Name"), max_length=200)
    name_local = forms.CharField(
        label=_("Name in its own language"),
        max_length=200,
        required=False,
        help_text=_("As on the licence: 宁波海松五金有限公司"),
    )
    country = forms.ModelChoiceField(Country.objects.order_by("name"), label=_("Country"))
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    address = forms.CharField(
        label=_("Address"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    registration_number = forms.CharField(
        label=_("Registration number"), max_length=40, required=False,
        help_text=Organisation._meta.get_field("registration_number").help_text,
    )  # fmt: skip
    tax_number = forms.CharField(label=_("VAT or tax number"), max_length=40, required=False)
    contact_name = forms.CharField(label=_("Contact person"), max_length=150, required=False)
    phone = forms.CharField(
        label=_("Telephone"), max_length=40, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    email = forms.EmailField(label=_("E-mail"), required=False, help_text=_("Orders and invitations go here."))
    language = forms.ChoiceField(label=_("Language"), choices=SPOKEN, help_text=_("In which we write to it."))

    def organisation(self, kinds: frozenset[str]) -> OrganisationInput:
        data = self.cleaned_data
        values = {name: data[name] for name in IDENTITY}
        return OrganisationInput(**{**values, "country": data["country"].pk}, kinds=kinds)


class OrganisationForm(IdentityForm):
    """What ``services.OrganisationInput`` takes. Whether it is a supplier is said on the supplier's own page."""

    kinds = forms.MultipleChoiceField(
        label=_("What it is to us"),
        choices=[choice for choice in KIND_CHOICES if choice[0] != "supplier"],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def all_kinds(self) -> frozenset[str]:
        chosen = {f"is_{kind}" for kind in self.cleaned_data["kinds"]}
        if self.document is not None and self.document.is_supplier:
            chosen.add("is_supplier")
        return frozenset(chosen)


class PaymentTermForm(DocumentForm):
    code = forms.CharField(label=_("Code"), max_length=20, help_text=_("Short, e.g. TT3070."))
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As it stands on orders: T/T 30/70 before shipment.")
    )
    discount_percent = DecimalField(
        label=_("Discount for paying early"),
        max_digits=7,
        decimal_places=4,
        required=False,
        help_text=_("2/10 net 30: 2."),
    )
    discount_days = forms.IntegerField(
        label=_("Within days of the invoice date"),
        required=False,
        help_text=_("2/10 net 30: 10."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}),
    )
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["discount_percent"].unit = "%"

    def values(self) -> dict:
        data = super().values()
        return data | {name: data[name] or 0 for name in ("discount_percent", "discount_days")}


class InstalmentForm(forms.Form):
    percent = DecimalField(label=_("Share"), max_digits=7, decimal_places=4)
    anchor = forms.ChoiceField(label=_("Counted from"), choices=[("", ""), *Anchor.choices])
    days = forms.IntegerField(
        label=_("Days"), initial=0, widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"})
    )
    end_of_month = forms.BooleanField(label=_("To the end of the month"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["percent"].unit = "%"


InstalmentGrid = forms.formset_factory(InstalmentForm, extra=1, can_delete=True, max_num=24)


def instalments_of(lines) -> tuple[list[InstalmentInput], list[int]]:
    """The filled-in rows of the grid, and which row of the page each of them is."""
    kept = [
        (number, form.cleaned_data)
        for number, form in enumerate(lines.forms)
        if form.cleaned_data.get("anchor") and not form.cleaned_data.get("DELETE")
    ]
    inputs = [InstalmentInput(**{key: value for key, value in data.items() if key != "DELETE"}) for _n, data in kept]
    return inputs, [number for number, _data in kept]


class CompanyForm(DocumentForm):
    name = forms.CharField(label=_("Name"), max_length=200)
    address = forms.CharField(
        label=_("Address"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("As it stands on orders and invoices."),
    )  # fmt: skip
    registration_number = forms.CharField(label=_("Registration number"), max_length=40, required=False)
    tax_number = forms.CharField(label=_("VAT or tax number"), max_length=40, required=False)
    eori_number = forms.CharField(label=_("EORI or importer number"), max_length=40, required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=lambda: [(name, name.replace("_", " ")) for name in sorted(available_timezones())]
    )
    over_receipt_pct = DecimalField(label=_("Over-receipt tolerance"), max_digits=6, decimal_places=3)
    over_billing_pct = DecimalField(label=_("Over-billing tolerance"), max_digits=6, decimal_places=3)
    price_tolerance_pct = DecimalField(label=_("Price tolerance"), max_digits=6, decimal_places=3)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("over_receipt_pct", "over_billing_pct", "price_tolerance_pct"):
            self.fields[name].unit = "%"
            self.fields[name].help_text = Company._meta.get_field(name).help_text


class InviteForm(Form):
    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=_("Name"), max_length=150)
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Works for"), required=False,
        help_text=_("Choose an outside party to let its people into the portal."),
    )  # fmt: skip
    language = forms.ChoiceField(label=_("Language of the mail"), choices=SPOKEN)
    roles = forms.MultipleChoiceField(
        label=_("Roles"), widget=forms.CheckboxSelectMultiple, choices=[*STAFF_ROLES.items(), *OUTSIDE_ROLES.items()]
    )
    approval_limit = DecimalField(
        label=_("Approval limit"), max_digits=18, decimal_places=2, required=False,
        help_text=_("Up to this amount no second person is needed. Empty: none."),
    )  # fmt: skip

    def __init__(self, *args, actor, currency: str, organisation: Organisation | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.visible_to(actor).active().order_by("name")
        self.fields["approval_limit"].unit = currency
        if organisation is None:
            del self.fields["organisation"]
        self.fields["roles"].choices = list((OUTSIDE_ROLES if organisation else STAFF_ROLES).items())
        if organisation is not None:
            self.fields["organisation"].queryset = self.fields["organisation"].queryset.filter(pk=organisation.pk)
            self.fields["organisation"].empty_label = None
            self.fields["organisation"].help_text = ""
            del self.fields["approval_limit"]

    def values(self) -> dict:
        data = self.cleaned_data
        organisation = data.get("organisation")
        return {
            "email": data["email"],
            "name": data["name"],
            "language": data["language"],
            "roles": data["roles"],
            "approval_limit": data.get("approval_limit") or 0,
            "organisation_id": organisation.pk if organisation else None,
        }


class MemberForm(Form):
    name = forms.CharField(label=_("Name"), max_length=150)
    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple)
    approval_limit = DecimalField(
        label=_("Approval limit"), max_digits=18, decimal_places=2, required=False,
        help_text=_("Up to this amount no second person is needed. Empty: none."),
    )  # fmt: skip

    def __init__(self, *args, member: Membership, currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        outside = member.organisation_id is not None
        self.fields["roles"].choices = list((OUTSIDE_ROLES if outside else STAFF_ROLES).items())
        self.fields["approval_limit"].unit = currency
        if outside:
            del self.fields["approval_limit"]

    def values(self) -> dict:
        data = self.cleaned_data
        return {"name": data["name"], "roles": data["roles"], "approval_limit": data.get("approval_limit") or 0}


class ApprovalRuleForm(Form):
    kind = forms.ChoiceField(label=_("Document"))
    amount = DecimalField(
        label=_("From"), max_digits=18, decimal_places=2, help_text=_("The rule with the highest amount below counts.")
    )
    count = forms.IntegerField(label=_("How many people"), initial=1, min_value=1, max_value=10)
    role = forms.ChoiceField(label=_("In the role"), choices=list(STAFF_ROLES.items()))

    def __init__(self, *args, currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, about.label) for kind, about in approvable_kinds().items()]
        self.fields["amount"].unit = currency


class TokenForm(forms.Form):
    """``scopes`` are offered as the member's rights, app by app."""

    name = forms.CharField(label=_("What it is for"), max_length=100, help_text=_("E.g. “Web shop, stock feed”."))
    days = forms.IntegerField(label=_("Ends after"), initial=365, min_value=1, max_value=3650)
    networks = forms.CharField(
        label=_("Only from these addresses"), required=False, max_length=1000,
        help_text=_("Addresses or networks, separated by blanks: 203.0.113.7 10.0.0.0/8. Empty: from anywhere."),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, groups, **kwargs):
        super().__init__(*args, **kwargs)
        self.groups = groups
        self.fields["days"].unit = _("days")
        self.fields["scopes"].choices = [pair for _app, pairs in groups for pair in pairs]

    def values(self) -> dict:
        data = self.cleaned_data
        return {**data, "networks": data["networks"].replace(",", " ").split()}
