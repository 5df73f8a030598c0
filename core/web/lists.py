"""The one list page: filter, sort, page, select, export. Each document's list is a subclass and a row template.

::

    class PurchaseOrderList(DocumentList):
        model = PurchaseOrder
        title = _("Purchase orders")
        permission = "sourcing.view_purchaseorder"
        filterset_class = PurchaseOrderFilter
        row_template = "sourcing/purchase_order_row.html"      # the <td>s of one row; ``row`` is the document
        columns = (
            Column("number", _("Number"), sort="number"),
            Column("supplier", _("Supplier"), sort="supplier__name"),
            Column("total", _("Amount"), numeric=True),
        )

        def rows(self, actor):
            return super().rows(actor).select_related("supplier")
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models.expressions import OrderBy
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django_filters import FilterSet

from core.actor import Actor
from core.documents import as_id
from core.errors import RuleBroken
from core.importing import Importer
from core.overflow import within_limits
from core.scope import scope
from core.templatetags.iscm import money
from core.text import Text
from core.web import export, once
from core.web.access import Request, admit

PAGE_SIZE = 80
MOST_AT_ONCE = 500  # steps of a bulk action that are one service call for each row
MOST_SAID = 12
OWN_PARAMETERS = {"page", "sort", "export"}


@dataclass(frozen=True)
class Column:
    """``key`` names the value (for the export and the totals), ``sort`` the database field to sort by, if any."""

    key: str
    heading: Text
    sort: str = ""
    numeric: bool = False
    unit: Text = ""


@dataclass(frozen=True)
class BulkAction:
    """A step for many documents at once; the list's ``bulk`` method takes it."""

    name: str
    label: Text
    permission: str | None = None
    danger: bool = False
    reason: bool = False  # asks for one: ``self.request.POST["reason"]``


@dataclass
class BulkResult:
    """What became of each row of a bulk action: ``said`` about those done, and the refusals with their sentence."""

    said: str = ""
    refused: list[tuple[str, str]] = field(default_factory=list)  # (the document, why not)


@dataclass(frozen=True)
class Chip:
    """A filter in force and the address of the same list without it."""

    label: str
    value: str
    without: str


class DocumentList(View):
    model: type[Any]  # its manager has ``visible_to``
    title: Text = ""
    permission: str | None = None
    outside = False  # True: outside parties may open it too
    filterset_class: type[FilterSet] | None = None
    importer: Importer | None = None  # the table these documents can be imported from: offered as an export, too
    columns: tuple[Column, ...] = ()
    row_template = ""
    order: str | tuple[str | OrderBy, ...] = "-pk"
    presets: tuple[tuple[Text, str], ...] = ()  # tabs: (label, "status=open&late=1")
    bulk_actions: tuple[BulkAction, ...] = ()
    new: tuple[Text, str, str | None] | None = None  # the one primary action: (label, url name, permission)
    crumbs: tuple[tuple[Text, str], ...] = ()  # (label, url name)
    empty_text: Text = ""  # why there is nothing yet; with ``new``'s button below it
    template_name = "web/list.html"

    # ---- what a subclass may say differently

    def rows(self, actor: Actor) -> models.QuerySet:
        """The documents this actor may see, with the relations that a row shows."""
        return self.model.objects.visible_to(actor)

    def totals(self, found: models.QuerySet) -> dict[str, object] | None:
        """Sums over everything found, by column key, for the totals row; one query, or None for no such row."""
        return None

    def export_row(self, row: models.Model) -> tuple:
        """One line of the export; by default what the columns' keys name (``supplier__name`` follows relations)."""
        return tuple(value_of(row, column.key) for column in self.columns)

    def bulk(self, name: str, found: models.QuerySet, actor: Actor) -> str | BulkResult:
        """This will take a bulk action by calling one service, and return the sentence that says what was done.

        Where each row is a step of its own (``each``), what was refused is said row by row.
        """
        raise NotImplementedError

    def context(self, actor: Actor) -> dict:
        """More for the template."""
        return {}

    def dress(self, rows: list[models.Model], actor: Actor) -> None:
        """This will add to the rows of one page what a query cannot."""

    # ---- the page

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        return admit(request, self.permission, outside=self.outside) or super().dispatch(request, *args, **kwargs)

    def get(self, request: Request, *args, **kwargs) -> HttpResponseBase:
        filterset, found = self._found(request)
        if request.GET.get("export"):
            return self._export(request, found)
        sort, found = self._sorted(request, found)
        page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
        page.object_list = list(page.object_list)
        self.dress(page.object_list, request.actor)
        actions = [
            action for action in self.bulk_actions if action.permission is None or request.actor.can(action.permission)
        ]
        context = {
            "list": self,
            "title": self.title,
            "columns": self.columns,
            "heads": [self._head(request, column, sort) for column in self.columns],
            "page": page,
            "count": page.paginator.count,
            "filterset": filterset,
            "chips": self._chips(request, filterset),
            "ignored": self._ignored(request, filterset),
            "tabs": self._tabs(request),
            "totals": self._total_cells(found) if page.paginator.count else None,
            "actions": actions,
            "asks_reason": any(action.reason for action in actions),
            "width": len(self.columns) + bool(actions),
            "exports_import": self._importer(request.actor) is not None,
            "new_action": self._new_action(request.actor),
            "crumb_links": [(label, reverse(name)) for label, name in self.crumbs],
            "query": _query(request, drop={"page", "export"}),
            **self.context(request.actor),
        }
        partial = request.htmx and request.htmx.target == "results"
        return render(request, f"{self.template_name}#results" if partial else self.template_name, context)

    def post(self, request: Request, *args, **kwargs) -> HttpResponse:
        """A bulk action on the ticked rows, or on all that match the filter in the address."""
        action = next((one for one in self.bulk_actions if one.name == request.POST.get("action")), None)
        if action is None:
            messages.error(request, _("Choose what to do with the selected rows."))
            return redirect(request.get_full_path())
        if action.permission is not None:
            request.actor.needs(action.permission)
        _filterset, found = self._found(request)
        if request.POST.get("all") != "1":
            found = found.filter(pk__in=[key for pk in request.POST.getlist("pk") if (key := as_id(pk)) is not None])
        before = once.earlier(request)
        if before is not None:
            return redirect(before)
        try:
            with within_limits(), transaction.atomic():
                result = self.bulk(action.name, found, request.actor)
            if isinstance(result, str):
                result = BulkResult(result)
            if result.said:
                messages.success(request, result.said)
            for name, sentence in result.refused[:MOST_SAID]:
                messages.error(request, sentence if name in sentence else f"{name}: {sentence}")
            if len(result.refused) > MOST_SAID:
                more = len(result.refused) - MOST_SAID
                messages.error(request, _("and %(more)s more were refused.") % {"more": more})
            once.done(request, request.get_full_path())
        except RuleBroken as error:
            messages.error(request, str(error))
        return redirect(request.get_full_path())

    # ---- its parts

    def _found(self, request):
        rows = self.rows(request.actor)
        if self.filterset_class is None:
            return None, rows
        filterset = self.filterset_class(request.GET, queryset=rows, request=request)
        return filterset, filterset.qs

    def _sorted(self, request, found):
        wanted = request.GET.get("sort", "")
        column = next((one for one in self.columns if one.sort and one.key == wanted.removeprefix("-")), None)
        if column is None:
            order = self.order if isinstance(self.order, tuple) else [self.order]
            return "", found.order_by(*order, "-pk")
        return wanted, found.order_by("-" + column.sort if wanted.startswith("-") else column.sort, "-pk")

    def _head(self, request, column, sort):
        state = {column.key: "ascending", "-" + column.key: "descending"}.get(sort, "") if sort else ""
        turned = "-" + column.key if state == "ascending" else column.key
        link = "?" + _query(request, drop={"page", "sort", "export"}, add={"sort": turned}) if column.sort else ""
        return {"column": column, "state": state, "link": link}

    def _chips(self, request, filterset):
        if filterset is None or not filterset.form.is_valid():
            return []
        chips = []
        for name, one in filterset.form.fields.items():
            keys = _keys(filterset.form, name)
            if not any(request.GET.getlist(key) and any(request.GET.getlist(key)) for key in keys):
                continue
            value = _spoken(one, filterset.form.cleaned_data.get(name))
            if value:
                label = filterset.form[name].label
                chips.append(Chip(force_str(label), value, "?" + _query(request, drop={*keys, "page", "export"})))
        return chips

    def _ignored(self, request, filterset):
        known = set(OWN_PARAMETERS)
        if filterset is not None:
            for name in filterset.form.fields:
                known |= _keys(filterset.form, name)
        return sorted(key[:40] for key in request.GET if key not in known)

    def _tabs(self, request):
        here = _query(request, drop={"page", "sort", "export"})
        tabs = [(_("All"), "")] if self.presets else []
        return [
            {"label": label, "link": f"?{query}" if query else request.path, "current": _same(query, here)}
            for label, query in [*tabs, *self.presets]
        ]

    def _total_cells(self, found):
        sums = self.totals(found)
        return [sums.get(column.key) for column in self.columns] if sums is not None else None

    def _new_action(self, actor):
        if self.new is None:
            return None
        label, url_name, permission = self.new
        return {"label": label, "url": reverse(url_name)} if permission is None or actor.can(permission) else None

    def _importer(self, actor):
        wanted = self.importer
        return wanted if wanted is not None and (wanted.permission is None or actor.can(wanted.permission)) else None

    def _export(self, request, found):
        _sort, found = self._sorted(request, found)
        headings = [str(column.heading) for column in self.columns]
        name = f"{slugify(self.title) or 'list'}-{timezone.localdate():%Y-%m-%d}"
        importer = self._importer(request.actor)
        if request.GET["export"] == "import" and importer is not None:
            return FileResponse(export.xlsx(*importer.export(found)), as_attachment=True, filename=f"{name}.xlsx")
        if request.GET["export"] == "xlsx":
            rows = (self.export_row(row) for row in found.iterator(chunk_size=1000))
            return FileResponse(export.xlsx(headings, rows), as_attachment=True, filename=f"{name}.xlsx")
        lines = export.csv_lines(headings, self._streamed(request.actor, found), bom=request.GET["export"] == "csv-bom")
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer

    def _streamed(self, actor: Actor, found: models.QuerySet) -> Iterator[tuple]:
        """The rows in a transaction of their own: the request's has ended when the file is being written."""
        with scope(actor):
            for row in found.iterator(chunk_size=1000):
                yield self.export_row(row)


def sums_by_currency(found: models.QuerySet, value) -> str:
    """The total of an amount, one line for each currency (the largest three): two currencies are never added up."""
    sums = found.order_by().values("currency_id").annotate(sum=models.Sum(value)).order_by("-sum")[:3]
    return format_html_join(mark_safe("<br>"), "{}", ((money(one["sum"], one["currency_id"]),) for one in sums))


def each(rows: models.QuerySet, act: Callable[[models.Model], object], said: Callable[[int], str]) -> BulkResult:
    """This will take a step for every row, in key order, each for itself: a refused row leaves the others done.

    ``said(number)`` is the sentence about those done. Raises RuleBroken above MOST_AT_ONCE rows.
    """
    documents = list(rows.order_by("pk")[: MOST_AT_ONCE + 1])
    if len(documents) > MOST_AT_ONCE:
        raise RuleBroken(_("At most %(most)s rows at once. Narrow the list down first.") % {"most": MOST_AT_ONCE})
    if not documents:
        raise RuleBroken(_("Tick the rows first."))
    result, done = BulkResult(), 0
    for document in documents:
        try:
            with within_limits(), transaction.atomic():
                act(document)
            done += 1
        except RuleBroken as error:
            result.refused.append((str(document), str(error)))
    result.said = said(done) if done else ""
    return result


def value_of(row: object, key: str) -> object:
    """The value that a column's key names: an attribute, a chain of relations, a choice's label."""
    *path, last = key.split("__")
    for name in path:
        row = getattr(row, name, None)
    spoken = getattr(row, f"get_{last}_display", None)
    value = spoken() if spoken else getattr(row, last, None)
    return value() if callable(value) else value


def _query(request, *, drop: Iterable[str] = (), add: dict[str, str] | None = None) -> str:
    """The address's query without some parameters and without empty ones."""
    kept = [(key, value) for key, values in request.GET.lists() if key not in drop for value in values if value]
    return urlencode([*kept, *(add or {}).items()])


def _same(one: str, other: str) -> bool:
    return sorted(one.split("&")) == sorted(other.split("&"))


def _keys(form, name: str) -> set[str]:
    """The parameters a field reads: a range reads two."""
    suffixes = getattr(form.fields[name].widget, "suffixes", None)
    return {f"{name}_{suffix}" for suffix in suffixes} if suffixes else {name}


def _spoken(field, value: object) -> str:
    """A filter's value in words."""
    if value in (None, "", [], ()):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, slice):
        ends = [_spoken(field, end) for end in (value.start, value.stop)]
        if all(ends):
            return _("%(start)s to %(end)s") % {"start": ends[0], "end": ends[1]}
        return _("from %(start)s") % {"start": ends[0]} if ends[0] else _("up to %(end)s") % {"end": ends[1]}
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, list | tuple | set | models.QuerySet):
        return ", ".join(_spoken(field, one) for one in value)
    labels = {str(key): str(label) for key, label in getattr(field, "choices", None) or []}
    return labels.get(str(value), str(value))


def counted(number: int) -> str:
    """ "1 row", "3,214 rows"."""
    return ngettext("%(number)s row", "%(number)s rows", number) % {"number": f"{number:,}"}
