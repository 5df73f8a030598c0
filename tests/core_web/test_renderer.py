"""Selections, which we write ourselves, are what Django makes of them."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

from core.web.renderer import FormRenderer


class Everything(forms.Form):
    grouped = forms.ChoiceField(choices=[("", "–"), ("x<", "A & b"), ('G"', [("1", "one"), ("2", "<two>")])])
    many = forms.MultipleChoiceField(choices=[(1, "one"), (2, "two")])
    unknown = forms.NullBooleanField()
    dressed = forms.ChoiceField(
        choices=[(None, "none"), (1000, "1000"), (True, "yes")],
        widget=forms.Select(attrs={"class": "x y", "data-z": "\"'<", "disabled": True, "hidden": False}),
    )
    text = forms.CharField()


@pytest.mark.parametrize("data", [None, {"grouped": "1", "many": ["1", "2"], "unknown": "true", "dressed": "1000"}])
@pytest.mark.parametrize("name", Everything.base_fields)
def test_a_selection_is_what_django_makes_of_it(name, data):
    django, ours = (str(Everything(data, renderer=one())[name]) for one in (DjangoTemplates, FormRenderer))
    assert parse_html(ours) == parse_html(django)
    assert "<two>" not in ours


def test_every_form_uses_it():
    assert isinstance(forms.Form().renderer, FormRenderer)
