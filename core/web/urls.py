from django.urls import include, path

from core.web import views

urlpatterns = [
    path("search/", views.search_page, name="search"),
    path("csp-report/", views.csp_report, name="csp_report"),
    path("i18n/", include("django.conf.urls.i18n")),
]
