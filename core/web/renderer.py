"""How forms become HTML: as Django does it, but for selections."""

from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.forms.widgets import Select
from django.utils.html import conditional_escape as text
from django.utils.safestring import SafeString, mark_safe


class FormRenderer(DjangoTemplates):
    """A selection is written in Python: Django renders two templates for each option, and a grid has thousands."""

    def render(self, template_name, context, request=None):
        if template_name == Select.template_name:
            return _selection(context["widget"])
        return super().render(template_name, context, request)


def _selection(widget: dict) -> SafeString:
    parts = [f'<select name="{text(widget["name"])}"{flatatt(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'<optgroup label="{text(group)}">')
        for one in options:
            attributes = flatatt(one["attrs"]) if one["attrs"] else ""
            parts.append(f'<option value="{text(one["value"])}"{attributes}>{text(one["label"])}</option>')
        if group:
            parts.append("</optgroup>")
    return mark_safe("".join([*parts, "</select>"]))  # noqa: S308 - each part is escaped above
