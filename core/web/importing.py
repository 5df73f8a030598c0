"""The import wizard's pages: upload → map columns → preview with every fault → commit. It can be left and come back to.

An app declares a wizard and puts it under its addresses::

    class ProductImport(ImportWizard):
        importer = ProductImporter()
        done_url_name = "catalog:products"

    urlpatterns = [..., *ProductImport.urls("products/import/", "product_import")]
"""

import hashlib
from io import BytesIO

from django.contrib import messages
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from core.errors import RuleBroken
from core.importing import MAX_BYTES, Importer, Plan, Table, Unreadable, read_table
from core.models import ImportJob
from core.web import export, once
from core.web.access import Request, admit

SHOWN = 300  # faults and rows on the page; the rejects file has them all


class ImportWizard(View):
    importer: Importer
    url_name = ""  # set by urls()
    namespace = ""  # the app's, as in "catalog"
    done_url_name = ""
    outside = False

    @classmethod
    def urls(cls, prefix: str, name: str, *, namespace: str = "") -> list:
        """The wizard's addresses: its start, the template, one per job and that job's rejects."""
        cls.url_name, cls.namespace = name, namespace or cls.namespace
        return [
            path(prefix, cls.as_view(), name=name),
            path(f"{prefix}template/", cls.as_view(), {"file": "template"}, name=f"{name}_template"),
            path(f"{prefix}<int:job_id>/", cls.as_view(), name=f"{name}_job"),
            path(f"{prefix}<int:job_id>/rejects/", cls.as_view(), {"file": "rejects"}, name=f"{name}_rejects"),
        ]

    def address(self, suffix: str = "", *args) -> str:
        return reverse(
            f"{self.namespace}:{self.url_name}{suffix}" if self.namespace else self.url_name + suffix, args=args
        )

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        return admit(request, self.importer.permission, outside=self.outside) or super().dispatch(
            request, *args, **kwargs
        )

    # ---- pages

    def get(self, request: Request, job_id: int | None = None, file: str = "") -> HttpResponseBase:
        if file == "template":
            return self._workbook(*self.importer.template(), _("template"))
        if job_id is None:
            return self._start(request)
        job = self._job(request, job_id)
        table = self._table(job)
        if file == "rejects":
            return self._workbook(
                *self.importer.rejects(table, self._plan(job, table, request.actor)), _("faulty rows")
            )
        if job.state == "mapping":
            return self._show(request, job, "web/import_map.html", self._mapping(job, table))
        plan = self._plan(job, table, request.actor) if job.state == "preview" else None
        return self._show(request, job, "web/import_preview.html", {"plan": plan, **self._shown(plan)})

    def post(self, request: Request, job_id: int | None = None, file: str = "") -> HttpResponse:
        if job_id is None:
            return self._upload(request)
        job = self._job(request, job_id, lock=True)
        if job.state in ("committed", "failed"):
            return redirect(self.address("_job", job.pk))
        step = request.POST.get("step")
        if step == "map":
            self._map(request, job)
        elif step == "answer":
            known = {column.key for column in self.importer.columns}
            answers = {
                key.removeprefix("answer-"): value for key, value in request.POST.items() if key.startswith("answer-")
            }
            job.options = {**job.options, **{key: value for key, value in answers.items() if key in known and value}}
            job.save()
        elif step == "back":
            job.state, job.options = "mapping", {}
            job.save()
        elif step == "commit":
            return self._commit(request, job)
        return redirect(self.address("_job", job.pk))

    # ---- steps

    def _start(self, request, error: str = "") -> HttpResponse:
        jobs = ImportJob.objects.filter(
            company_id=request.actor.company_id or 0, user_id=request.actor.user_id, importer=self.importer.name
        ).order_by("-id")[:10]
        context = {"jobs": [(job, self.address("_job", job.pk)) for job in jobs], "error": error}
        return self._show(request, None, "web/import_start.html", context, status=422 if error else 200)

    def _upload(self, request) -> HttpResponse:
        earlier = once.earlier(request)
        if earlier is not None:
            return redirect(earlier)
        upload = request.FILES.get("file")
        if upload is None:
            return self._start(request, _("Choose a file."))
        data = upload.read(MAX_BYTES + 1)
        try:
            table = read_table(BytesIO(data))
        except Unreadable as error:
            return self._start(request, str(error))
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"imports/{sha256}"
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(data))
        guess = self.importer.guess(table.headings)
        # when every column is recognised there is nothing to map: straight to the preview
        certain = len(guess) == len([heading for heading in table.headings if heading])
        job = ImportJob.objects.create(
            company_id=request.actor.company_id or 0,
            importer=self.importer.name,
            user_id=request.actor.user_id,
            user_name=request.actor.name,
            file_name=upload.name[:200],
            sha256=sha256,
            state="preview" if certain else "mapping",
            mapping=guess,
        )
        once.done(request, self.address("_job", job.pk))
        return redirect(self.address("_job", job.pk))

    def _map(self, request, job: ImportJob) -> None:
        width = len(self._table(job).headings)
        mapping: dict[str, int] = {}
        for column in self.importer.columns:
            chosen = request.POST.get(f"column-{column.key}", "")
            if chosen.isascii() and chosen.isdigit() and int(chosen) < width:
                mapping[column.key] = int(chosen)
        job.mapping, job.state, job.options = mapping, "preview", {}
        job.save()

    def _commit(self, request, job: ImportJob) -> HttpResponse:
        table = self._table(job)
        plan = self._plan(job, table, request.actor)
        try:
            counts = self.importer.commit(plan, request.actor, leave_out_faulty=request.POST.get("leave_out") == "1")
        except RuleBroken as error:
            messages.error(request, str(error))
            return redirect(self.address("_job", job.pk))
        job.state, job.result, job.committed_at = "committed", counts, timezone.now()
        job.save()
        done = counts["create"] + counts["update"]
        messages.success(
            request,
            ngettext("%(done)s row imported from %(file)s.", "%(done)s rows imported from %(file)s.", done)
            % {"done": f"{done:,}", "file": job.file_name},
        )
        return redirect(self.address("_job", job.pk))

    # ---- parts

    def _job(self, request, job_id: int, *, lock: bool = False) -> ImportJob:
        jobs = ImportJob.objects.select_for_update() if lock else ImportJob.objects
        job = jobs.filter(
            pk=job_id,
            company_id=request.actor.company_id or 0,
            user_id=request.actor.user_id,
            importer=self.importer.name,
        ).first()
        if job is None:
            raise Http404
        return job

    def _table(self, job: ImportJob) -> Table:
        with default_storage.open(f"imports/{job.sha256}") as file:
            return read_table(file)

    def _plan(self, job: ImportJob, table: Table, actor) -> Plan:
        return self.importer.plan(table, actor, mapping=job.mapping, answers=job.options)

    def _mapping(self, job: ImportJob, table: Table) -> dict:
        samples = [
            next((str(row[n])[:40] for row in table.rows[:50] if row[n] not in (None, "")), "")
            for n in range(len(table.headings))
        ]
        choices = [
            (n, heading or _("column %(n)s") % {"n": n + 1}, samples[n]) for n, heading in enumerate(table.headings)
        ]
        return {
            "choices": choices,
            "columns": [(column, job.mapping.get(column.key)) for column in self.importer.columns],
        }

    def _shown(self, plan: Plan | None) -> dict:
        if plan is None:
            return {}
        titles = {column.key: column.title for column in self.importer.columns}
        changed = [row for row in plan.rows if row.status in ("create", "update")]
        return {
            "problems": plan.problems[:SHOWN],
            "more_problems": max(0, len(plan.problems) - SHOWN),
            "changes": [
                (row, [(titles.get(key, key), before, after) for key, (before, after) in row.changes.items()])
                for row in changed[:50]
            ],
            "more_changes": max(0, len(changed) - 50),
            "sound": len(changed),
        }

    def _show(self, request, job, template: str, context: dict, status: int = 200) -> HttpResponse:
        frame = {
            "title": _("Import: %(what)s") % {"what": self.importer.label},
            "job": job,
            "importer": self.importer,
            "start_url": self.address(),
            "template_url": self.address("_template"),
            "rejects_url": self.address("_rejects", job.pk) if job else "",
            "done_url": reverse(self.done_url_name) if self.done_url_name else "/",
        }
        return render(request, template, {**frame, **context}, status=status)

    def _workbook(self, headings, rows, what: str) -> FileResponse:
        return FileResponse(
            export.xlsx(headings, rows), as_attachment=True, filename=f"{self.importer.label} - {what}.xlsx"
        )
