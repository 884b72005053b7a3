"""How the fields of a form are written: a label above each, so nothing is said twice inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

if TYPE_CHECKING:
    from django.forms import BaseForm, BoundField
    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def control(field: BoundField, waiting: str | None = None) -> SafeString:
    """Write a field's input without a placeholder; the cursor starts in the one that waits to be filled."""
    own = field.field.widget.attrs
    return field.as_widget(attrs={"placeholder": False, "autofocus": own.get("autofocus", field.name == waiting)})


@register.simple_tag
def first_empty(form: BaseForm) -> str | None:
    """Name the first field that nothing was written into."""
    return next((field.name for field in form.visible_fields() if not field.value()), None)


@register.filter
def sentence(label: str) -> str:
    """Write a label like a sentence, as ours are: the sign-in library writes it like a title."""
    return label[:1] + label[1:].replace(" Password", " password")
