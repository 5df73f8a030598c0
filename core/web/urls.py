from django.urls import include, path

from core.web import attachments, tasks, views

urlpatterns = [
    path("search/", views.search_page, name="search"),
    path("tasks/", tasks.queue, name="tasks"),
    path("files/<int:pk>/", attachments.download, name="file"),
    path("files/<str:kind>/<int:pk>/add/", attachments.add_file, name="add_file"),
    path("notes/<str:kind>/<int:pk>/add/", attachments.add_note, name="add_note"),
    path("csp-report/", views.csp_report, name="csp_report"),
    path("i18n/", include("django.conf.urls.i18n")),
]
