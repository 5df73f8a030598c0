from django.urls import path

from quality import views

app_name = "quality"
urlpatterns = [path("inspections/<int:pk>/", views.inspection, name="inspection")]
