"""What templates say often: amounts, quantities, days, states, icons, tiles, charts. Loaded everywhere (a builtin)."""

import re
import uuid
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address

from django import template
from django.contrib.humanize.templatetags.humanize import naturalday, naturaltime
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.http.request import split_domain_port
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import money as core_money
from core.web import panels as core_panels
from core.web import states
from core.web.once import FIELD as TOKEN_FIELD
from core.web.static import ICONS_SVG

register = template.Library()
NOTHING = mark_safe('<span class="nothing">–</span>')


# ---- amounts and quantities


def _number(value: Decimal, places: int) -> str:
    return formats.number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)


@register.filter
def amount(value, currency: str):
    """``{{ line.total|amount:order.currency }}``: 1,234.50 alone, for columns whose heading names the currency."""
    if value in (None, ""):
        return NOTHING
    value = Decimal(value)
    places = max(core_money.decimals(currency), 0)
    return format_html('<span class="num{}">{}</span>', " minus" if value < 0 else "", _number(value, places))


@register.filter
def money(value, currency: str = ""):
    """``{{ order.total|money:order.currency }}`` or ``{{ money_object|money }}``: 1,234.50 USD, never one alone."""
    if isinstance(value, core_money.Money):
        value, currency = value.amount, value.currency
    if value in (None, ""):
        return NOTHING
    value = Decimal(value)
    return format_html(
        '<span class="num{}">{}&nbsp;<span class="unit">{}</span></span>',
        " minus" if value < 0 else "",
        _number(value, core_money.decimals(currency)),
        currency,
    )


@register.filter
def price(value, currency: str = ""):
    """A unit price keeps the digits it has beyond the currency's own: 0.0425 USD."""
    if value in (None, ""):
        return NOTHING
    value = Decimal(value).normalize()
    places = max(core_money.decimals(currency) if currency else 2, -value.as_tuple().exponent)
    return format_html(
        '<span class="num">{}{}</span>',
        _number(value, places),
        format_html('&nbsp;<span class="unit">{}</span>', currency) if currency else "",
    )


@register.filter
def qty(value, unit: str = ""):
    """``{{ line.quantity|qty:line.unit }}``: 1,200 PCS, without the zeros that only the column keeps."""
    if value in (None, ""):
        return NOTHING
    value = Decimal(value)
    places = max(0, -value.normalize().as_tuple().exponent)
    return format_html(
        '<span class="num">{}{}</span>',
        _number(value, places),
        format_html('&nbsp;<span class="unit">{}</span>', unit) if unit else "",
    )


@register.filter
def percent(value, places: int = 1):
    """0.873 as 87.3 %."""
    if value in (None, ""):
        return NOTHING
    return format_html(
        '<span class="num">{}&nbsp;<span class="unit">%</span></span>', _number(Decimal(value) * 100, places)
    )


# ---- days and moments


@register.filter
def day(value: date | None):
    """12 Mar 2026, with "in 3 days" on hover. A commercial day is a day at a place: it never shifts with the viewer."""
    if not value:
        return NOTHING
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    relative = naturalday(value) if abs((value - timezone.localdate()).days) <= 1 else _days_away(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(), relative, formats.date_format(value)
    )


@register.filter
def moment(value: datetime | None):
    """12 Mar 2026, 14:05, with "2 hours ago" on hover."""
    if not value:
        return NOTHING
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        naturaltime(value),
        formats.date_format(local, "DATETIME_FORMAT"),
    )


@register.filter
def ago(value: datetime | None):
    """2 hours ago, with the moment itself on hover."""
    if not value:
        return NOTHING
    full = formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), full, naturaltime(value))


def _days_away(value: date) -> str:
    days = (value - timezone.localdate()).days
    if days > 0:
        return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}
    return ngettext("%(days)s day ago", "%(days)s days ago", -days) % {"days": -days}


@register.filter
def days_late(actual: date | None, promised: date | None):
    """``{{ line.expected_date|days_late:line.promised_date }}``: "5 days late" in red, "2 days early", "on time"."""
    if not actual or not promised:
        return ""
    days = (actual - promised).days
    if days > 0:
        words = ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}
        return format_html('<span class="late">{}</span>', words)
    if days < 0:
        return ngettext("%(days)s day early", "%(days)s days early", -days) % {"days": -days}
    return _("on time")


@register.filter
def overdue(value: date | None, today: date | None = None):
    """A due day; in red with "3 days overdue" once it has passed."""
    if not value:
        return NOTHING
    days = ((today or timezone.localdate()) - value).days
    if days <= 0:
        return day(value)
    words = ngettext("%(days)s day overdue", "%(days)s days overdue", days) % {"days": days}
    return format_html('{} <span class="late">{}</span>', day(value), words)


# ---- states and icons


@register.filter
def status(document, field: str = "status"):
    """``{{ order|status }}`` or ``{{ order|status:"receipt_progress" }}``: a dot and the word; colour never alone."""
    value = getattr(document, field)
    spoken = getattr(document, f"get_{field}_display", None)
    return state(value, str(spoken() if spoken else value))


@register.simple_tag
def state(value, label: str = "", tone: str = ""):
    """``{% state "late" _("Late") %}``: a dot in the tone of the state, and the word."""
    words = label or str(value).replace("_", " ").capitalize()
    return format_html('<span class="state state-{}">{}</span>', tone or states.tone(str(value)), words)


@register.simple_tag
def icon(name: str, css: str = "", label: str = ""):
    """An icon of the sprite. Silent for screen readers unless it has a ``label``."""
    hint = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon {}" {}><use href="{}#{}"></use></svg>', css, hint, static(ICONS_SVG), name)


# ---- forms


@register.simple_tag
def form_token():
    """A hidden field by which the server knows a form that is sent twice (core.web.once)."""
    return format_html('<input type="hidden" name="{}" value="{}">', TOKEN_FIELD, uuid.uuid4().hex)


@register.inclusion_tag("web/_field.html")
def field(bound: BoundField, unit: str = "", compact: bool = False):
    """``{% field form.quantity unit="PCS" %}``: label above, help, unit inside, error beside the field."""
    return {"field": bound, "unit": unit or getattr(bound.field, "unit", ""), "compact": compact, "kind": _kind(bound)}


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    return "check" if isinstance(widget, CheckboxInput) else "plain"


@register.simple_tag
def filter_fields(filterset):
    """The fields of a FilterSet as the filter form shows them: ``search`` (the one named q) and ``others``."""
    fields = [_filter_field(filterset.form, name) for name in filterset.form.fields]
    return {
        "search": next((one for one in fields if one["name"] == "q"), None),
        "others": [one for one in fields if one["name"] != "q"],
    }


def _filter_field(form, name: str) -> dict:
    field, data = form.fields[name], form.data
    day = "date" if "date" in type(field).__name__.lower() else "text"
    found = {"name": name, "label": field.label, "kind": "plain", "type": day, "value": data.get(name, "")}
    suffixes = getattr(field.widget, "suffixes", None)
    if suffixes:
        ends = zip(suffixes, (_("from"), _("to")), strict=False)
        found["kind"] = "range"
        found["ends"] = [(f"{name}_{suffix}", word, data.get(f"{name}_{suffix}", "")) for suffix, word in ends]
    elif hasattr(field, "choices") or hasattr(field.widget, "choices"):
        choices = getattr(field, "choices", None) or field.widget.choices
        chosen = set(data.getlist(name))
        many = getattr(field.widget, "allow_multiple_selected", False)
        found["kind"] = "many" if many else "one"
        pairs = [("" if str(value) == "unknown" else str(value), label) for value, label in choices]
        found["choices"] = [(value, label, value in chosen) for value, label in pairs if value or not many]
    return found


@register.filter
def control(bound: BoundField, css: str = ""):
    """The widget alone, dressed as what it is. Its accessible name must come from elsewhere (label, column heading)."""
    widget = bound.field.widget
    widgets = getattr(widget, "widgets", [widget])
    for one in widgets:
        if isinstance(one, CheckboxInput):
            look = "form-check-input"
        elif isinstance(one, CheckboxSelectMultiple | RadioSelect):
            look = ""
        else:
            look = "form-select" if isinstance(one, Select) else "form-control"
        classes = [*one.attrs.get("class", "").split(), look, *css.split(), "is-invalid" if bound.errors else ""]
        one.attrs["class"] = " ".join(dict.fromkeys(name for name in classes if name))
    return bound


@register.filter
def labelled(bound: BoundField, label: str):
    """A control in a grid: its name for screen readers ("Quantity, line 3") stands in aria-label."""
    bound.field.widget.attrs["aria-label"] = label
    return control(bound, "form-control-sm")


# ---- small pictures


@register.simple_tag
def sparkline(values, label: str = "", width: int = 96, height: int = 28):
    """A line of the last values, as inline SVG, with its range in words."""
    numbers = [float(value) for value in values if value is not None]
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    span = (high - low) or 1
    step = (width - 4) / (len(numbers) - 1)
    points = [(2 + n * step, height - 3 - (value - low) / span * (height - 6)) for n, value in enumerate(numbers)]
    words = label or _("%(count)s values, from %(first)s to %(last)s") % {
        "count": len(numbers),
        "first": f"{numbers[0]:g}",
        "last": f"{numbers[-1]:g}",
    }
    return format_html(
        '<svg class="spark" role="img" aria-label="{}" width="{w}" height="{h}" viewBox="0 0 {w} {h}">'
        '<polyline points="{}"></polyline><circle cx="{}" cy="{}" r="2.5"></circle></svg>',
        words,
        format_html_join(" ", "{},{}", ((f"{x:.1f}", f"{y:.1f}") for x, y in points)),
        f"{points[-1][0]:.1f}",
        f"{points[-1][1]:.1f}",
        w=width,
        h=height,
    )


@register.inclusion_tag("web/_tile.html")
def tile(tile):
    """``{% tile tile %}`` of a core.web.tiles.Tile."""
    return {"tile": tile}


@register.inclusion_tag("web/_chart.html")
def chart(data, id: str):
    """``{% chart data id="landed-cost" %}`` of a core.web.charts.Chart: the picture, and the table behind it."""
    return {"chart": data, "id": id}


# ---- pages


@register.simple_tag(takes_context=True)
def panels(context, document_kind: str, document):
    """``{% panels "purchase_order" order %}``: what apps above have to say about this document."""
    pieces = core_panels.render(context["request"], document_kind, document)
    return format_html_join("", "{}", ((mark_safe(piece),) for piece in pieces))  # noqa: S308  (rendered templates)


@register.simple_block_tag
def live(content, url: str, seen: str, every: int = 5):
    """``{% live url seen %}…{% endlive %}``: asks ``url`` every few seconds, replaces itself on change."""
    joined = f"{url}{'&' if '?' in url else '?'}seen={seen}"
    return format_html(
        '<div data-live hx-get="{}" hx-trigger="every {}s" hx-swap="outerHTML" aria-live="polite">{}</div>',
        joined,
        every,
        content,
    )


@register.filter
def can(actor, permission: str) -> bool:
    """``{% if actor|can:"ledger.view_entry" %}``: whether a link there would lead anywhere."""
    return bool(actor) and actor.can(permission)


@register.filter
def asked_by_name(request) -> bool:
    """Whether the address in the browser is a name: passkeys belong to names, a bare number cannot have one."""
    domain, _port = split_domain_port(request.get_host())
    try:
        ip_address(domain.strip("[]"))
    except ValueError:
        return True
    return False


@register.filter
def get(mapping, key):
    """``{{ sums|get:column.key }}``."""
    return mapping.get(key) if mapping else None


@register.filter
def besides_primary(actions):
    """The actions that stand in the menu: all but the primary one."""
    return [action for action in actions or () if not getattr(action, "primary", False)]


@register.filter
def spoken_number(value):
    """3214 as 3,214, for sentences."""
    try:
        return _number(Decimal(value), 0)
    except (InvalidOperation, TypeError):
        return value


@register.filter
def initials(name: str) -> str:
    """ "Wei Chen" as WC."""
    words = re.findall(r"\w+", str(name))
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
