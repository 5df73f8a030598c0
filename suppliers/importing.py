"""Suppliers from a table: headings in English or Chinese, found again by their code."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actor import Actor
from core.importing import Cell, CellError, Column, Importer, Parser, PlannedRow, choice, code, integer, text
from parties.models import SPOKEN, PaymentTerm
from parties.services import OrganisationInput
from reference.incoterms import CURRENT
from reference.models import Country
from suppliers.flows import Lifecycle
from suppliers.models import Supplier
from suppliers.services import SupplierEdit, SupplierInput, create_suppliers, edit_suppliers, input_of, supplier_errors

_ORGANISATION = (
    "name", "name_local", "country", "city", "address", "registration_number", "tax_number", "contact_name", "phone",
    "email", "language",
)  # fmt: skip
_LIFECYCLE = {
    **{value.value: value.value for value in Lifecycle},
    "潜在": "prospect", "待审": "qualified", "合格": "approved", "优选": "preferred", "黑名单": "blocked",
}  # fmt: skip
_LANGUAGES = {**{value: value for value, _label in SPOKEN}, "English": "en", "zh": "zh-hans", "中文": "zh-hans"}


def _email() -> Parser:
    plain = code(254)

    def parse(cell: Cell, answer: str) -> str:
        value = plain(cell, answer)
        try:
            validate_email(value)
        except ValidationError as error:
            raise CellError(_("This is not an e-mail address.")) from error
        return value

    return parse


class SupplierImporter(Importer):
    name = "suppliers.suppliers"
    label = gettext_lazy("Suppliers")
    permission = "suppliers.add_supplier"
    key = ("code",)
    columns = (
        Column("code", ("Code", "供应商代码", "Supplier code", "编号"), code(30), required=True, example="NB-01"),
        Column("name", ("Name", "英文名称", "Supplier", "供应商"), text(200), required=True, example="Ningbo Haisong"),
        Column("name_local", ("Name in its own language", "中文名称", "公司名称", "Chinese name"), text(200), example="宁波海松五金有限公司"),
        Column(
            "country", ("Country", "国家", "Country code"), text(60), required=True, example="CN",
            help=gettext_lazy("Two letters, or the name"),
        ),
        Column("city", ("City", "城市"), text(100), example="Ningbo"),
        Column("address", ("Address", "地址"), text(1000), example=""),
        Column(
            "registration_number", ("Registration number", "统一社会信用代码", "USCC", "注册号"), code(40),
            example="91330200144071784L", help=gettext_lazy("In China the 18 characters of the licence; the check digit is tested"),
        ),
        Column("tax_number", ("VAT or tax number", "税号", "VAT"), code(40), example=""),
        Column("contact_name", ("Contact person", "联系人", "Contact"), text(150), example="Chen Wei"),
        Column("phone", ("Telephone", "电话", "Phone", "手机"), code(40), example="+86 574 8700 0000"),
        Column("email", ("E-mail", "邮箱", "Email", "电子邮件"), _email(), example="sales@haisong.example"),
        Column("language", ("Language", "语言"), choice(_LANGUAGES), example="zh-hans"),
        Column("currency", ("Currency", "币种"), code(3), example="USD"),
        Column(
            "payment_term", ("Payment term", "付款方式", "Terms"), text(120), example="TT3070",
            help=gettext_lazy("Code or name of a term that exists"),
        ),
        Column("incoterm", ("Incoterm", "贸易术语"), choice({one: one for one in CURRENT}), example="FOB"),
        Column("named_place", ("Named place", "交货地点", "Port"), text(100), example="Ningbo"),
        Column("lead_time_days", ("Lead time (days)", "交期(天)", "Lead time"), integer(least=0, most=1000), example="45"),
        Column(
            "lifecycle", ("Lifecycle", "状态", "Status"), choice(_LIFECYCLE), example="approved",
            help=gettext_lazy("For new ones; prospect when left empty"),
        ),
    )  # fmt: skip

    def existing(self, keys, actor):
        return {(code_,): _values(supplier) for code_, supplier in _stored(actor, {key[0] for key in keys}).items()}

    def rows_of(self, documents):
        return map(_values, documents.select_related("organisation", "payment_term"))

    def check(self, rows: list[PlannedRow], actor: Actor) -> Iterable[tuple[PlannedRow, str, CellError]]:
        countries, terms = _countries(), _terms(actor)
        for row in rows:
            for key, known, sentence in (
                ("country", countries, _("There is no such country.")),
                ("payment_term", terms, _("There is no such payment term. Add it first.")),
            ):
                typed = row.values.get(key)
                if typed is None:
                    continue
                found = known.get(typed.casefold())
                if found is None:
                    yield row, key, CellError(sentence)
                else:
                    row.values[key] = found
            if row.values.get("currency"):
                row.values["currency"] = row.values["currency"].upper()
        sound = [row for row in rows if row.status != "error"]
        stored = _stored(actor, {row.values["code"] for row in sound})
        ids = _term_ids(actor)
        for row in sound:
            supplier = stored.get(row.values["code"])
            wanted = row.values.get("lifecycle")
            if supplier is not None and wanted and wanted != supplier.lifecycle:
                hint = _("Leave the column out, or take the step on the supplier's page.")
                error = CellError(_("An import does not move a supplier that is known already."), hint)
                yield row, "lifecycle", error
            elif supplier is not None and "lifecycle" in row.values:
                row.values["lifecycle"] = supplier.lifecycle
            elif "lifecycle" in row.values:
                row.values["lifecycle"] = wanted or Lifecycle.PROSPECT.value
            if "language" in row.values and row.values["language"] is None:
                row.values["language"] = supplier.organisation.language if supplier else "en"
        sound = [row for row in sound if row.status != "error"]
        pairs = [
            (_input(row.values, supplier, ids), supplier)
            for row in sound
            for supplier in (stored.get(row.values["code"]),)
        ]
        for row, errors in zip(sound, supplier_errors(actor=actor, suppliers=pairs), strict=True):
            for wrong in errors[:3]:
                column = wrong["pointer"].strip("/")
                yield (
                    row,
                    column if any(one.key == column for one in self.columns) else "code",
                    CellError(wrong["detail"]),
                )

    def write(self, creates: list[dict[str, Any]], updates: list[dict[str, Any]], actor: Actor) -> None:
        ids = _term_ids(actor)
        if creates:
            create_suppliers(actor=actor, suppliers=[_input(values, None, ids) for values in creates])
        stored = _stored(actor, {values["code"] for values in updates})
        edits = [
            SupplierEdit(supplier.pk, _input(values, supplier, ids), supplier.version)
            for values in updates
            for supplier in (stored[values["code"]],)
        ]
        if edits:
            edit_suppliers(actor=actor, edits=edits)


def _stored(actor: Actor, codes: set[str]) -> dict[str, Supplier]:
    suppliers = Supplier.objects.visible_to(actor).filter(organisation__code__in=codes)
    return {one.organisation.code: one for one in suppliers.select_related("organisation", "payment_term")}


def _values(supplier: Supplier) -> dict[str, Any]:
    """A stored supplier in the shape of a row."""
    organisation = supplier.organisation
    values = {name: getattr(organisation, name) for name in _ORGANISATION if name != "country"}
    return {
        **values,
        "code": organisation.code,
        "country": organisation.country_id,
        "currency": supplier.currency_id,
        "payment_term": supplier.payment_term.code if supplier.payment_term else None,
        "incoterm": supplier.incoterm,
        "named_place": supplier.named_place,
        "lead_time_days": supplier.lead_time_days,
        "lifecycle": supplier.lifecycle,
    }


def _input(values: dict[str, Any], supplier: Supplier | None, term_ids: dict[str, int]) -> SupplierInput:
    """The row over what is stored: columns that the file lacks stay as they are."""
    if supplier is not None:
        base = input_of(supplier)
    else:
        base = SupplierInput(
            organisation=OrganisationInput(code=values["code"], name=values["name"], country=values["country"])
        )
    own: dict[str, Any] = {name: values[name] or "" for name in _ORGANISATION if name in values}
    changes: dict[str, Any] = {"organisation": replace(base.organisation, **own)}
    for name in ("incoterm", "named_place"):
        if name in values:
            changes[name] = values[name] or ""
    if "currency" in values:
        changes["currency"] = values["currency"]
    if "payment_term" in values:
        changes["payment_term_id"] = term_ids[values["payment_term"]] if values["payment_term"] else None
    if "lead_time_days" in values:
        changes["lead_time_days"] = int(values["lead_time_days"]) if values["lead_time_days"] is not None else None
    if supplier is None and values.get("lifecycle"):
        changes["lifecycle"] = values["lifecycle"]
    return replace(base, **changes)


def _countries() -> dict[str, str]:
    rows = list(Country.objects.values_list("code", "name", "name_zh"))
    found = {name.casefold(): code_ for code_, *names in rows for name in names if name}
    return found | {code_.casefold(): code_ for code_, *_names in rows}


def _terms(actor: Actor) -> dict[str, str]:
    rows = list(PaymentTerm.objects.visible_to(actor).filter(active=True).values_list("code", "name"))
    return {name.casefold(): code_ for code_, name in rows} | {code_.casefold(): code_ for code_, _name in rows}


def _term_ids(actor: Actor) -> dict[str, int]:
    return dict(PaymentTerm.objects.visible_to(actor).values_list("code", "pk"))
