"""Every app's pages under its own name, every app's API joined under /api/v1/."""

from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from iscm import health
from kpis.views import home
from parties.switch import switch_membership


def _having(module: str) -> list[str]:
    file = module.replace(".", "/") + ".py"
    return [app for app in settings.FIRST_PARTY_APPS if (settings.BASE_DIR / app / file).exists()]


handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.not_allowed"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.failed"

api = [pattern for app in _having("api.urls") for pattern in import_module(f"{app}.api.urls").urlpatterns]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("act-for/", switch_membership, name="switch_membership"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api_docs"),
    path("api/v1/", include((api, "api"))),
    path("", include("core.web.urls")),
    *(path("" if app == "kpis" else f"{app}/", include(f"{app}.urls")) for app in _having("urls")),
]
urlpatterns.append(path("", home, name="home"))  # the same page as kpis:home, under the name that any app may use
