"""Reading fast: what a ModelSerializer says, worked out once per class instead of field by field per row.

DRF builds every field of a serializer anew for each request and walks them for each row. Here the fields stay the single
description (and the OpenAPI schema's source), and the way to each value is found once.

The lines of a document (``lines = LineSerializer(many=True)``), where they say nothing but columns, are read as columns: one
query for all documents of the answer, and no object for each line. What the view has prefetched itself, narrowed to what
the caller may see or not, is taken as it is.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar

from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models
from django.db.models.functions import Cast
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.reverse import reverse

Getter = Callable[[Any, Any], Any]  # (serializer, row) -> what the answer holds
Convert = Callable[[Any], Any]  # a value -> what the answer holds
Column = tuple[Any, Convert | None]  # what a queryset reads, and how it is said


@extend_schema_field(serializers.CharField())
class Address(serializers.Field):
    """Where the API answers for the document: the full URL of its detail."""

    def __init__(self, view_name: str, **kwargs):
        self.view_name = view_name
        super().__init__(**{"source": "*", "read_only": True, **kwargs})

    def to_representation(self, row) -> str:
        return reverse(self.view_name, args=[row.pk], request=self.context.get("request"))


class ReadSerializer(serializers.ModelSerializer):
    """A ModelSerializer for answers only: same output, compiled per class at its first use.

    ``Meta.house_fields`` are for our own people; an outside party reads null there. ``Meta.expressions`` of lines, {field: a
    queryset expression}, are read beside their columns.
    """

    _plan: ClassVar[dict[str, Getter] | None] = None
    _columns: ClassVar["_Columns | None"] = None

    def get_fields(self):
        fields = super().get_fields()
        for name in getattr(self.Meta, "house_fields", ()):
            fields[name].allow_null = True
        return fields

    def to_representation(self, instance):
        return {name: get(self, instance) for name, get in self._getters().items()}

    def _getters(self) -> dict[str, Getter]:
        plan = type(self).__dict__.get("_plan")
        if plan is None:
            house = getattr(self.Meta, "house_fields", ())
            getters = {name: _getter(field) for name, field in self.fields.items()}
            plan = type(self)._plan = {
                name: _for_the_house(get) if name in house else get for name, get in getters.items()
            }
        return plan

    def said(self, name: str, row) -> Any:
        """What the answer holds as ``name`` of ``row``, for a field that is worked out from another."""
        return self._getters()[name](self, row)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, made once for all rows of this answer."""
        made = self.__dict__.setdefault("_made", {})
        if key not in made:
            made[key] = make()
        return made[key]

    @classmethod
    def columns(cls) -> "_Columns":
        found = cls.__dict__.get("_columns")
        if found is None:
            found = cls._columns = _Columns(cls)
        return found


class _Columns:
    """The columns that hold all a serializer says; none (false) where it says more than columns, or not the same to all."""

    def __init__(self, serializer_class: type[ReadSerializer]):
        model = serializer_class.Meta.model
        expressions, house = (getattr(serializer_class.Meta, name, {}) for name in ("expressions", "house_fields"))
        fields = {
            name: _expression(field, expressions[name]) if name in expressions else _column(field, model)
            for name, field in serializer_class().fields.items()
        }
        complete = all(found is not None for found in fields.values()) and not house
        self.names = tuple(fields) if complete else ()
        self.paths = [found[0] for found in fields.values() if found] if complete else []
        said = [found[1] for found in fields.values() if found]
        self.converts = [(position, convert) for position, convert in enumerate(said) if convert is not None]
        self._sql: dict[models.ManyToOneRel, str] = {}

    def __bool__(self) -> bool:
        return bool(self.names)

    def by_parent(self, relation: models.ManyToOneRel, parents: list[int]) -> dict[int, list[dict]]:
        """The rows of ``parents``, in the model's own order, as the answer holds them."""
        if relation not in self._sql:
            self._sql[relation] = self._statement(relation)
        with connection.cursor() as cursor:
            cursor.execute(self._sql[relation], [parents])
            rows = cursor.fetchall()
        found: dict[int, list[dict]] = {pk: [] for pk in parents}
        for pk, *values in rows:
            for position, convert in self.converts:
                values[position] = convert(values[position])
            found[pk].append(dict(zip(self.names, values, strict=True)))
        return found

    def _statement(self, relation: Any) -> str:
        """The statement, the same for every answer: Django takes longer to write it than Postgres to run it."""
        rows = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": [0]})
        sql, _parameters = rows.values_list(relation.field.attname, *self.paths).query.sql_with_params()
        before, one, after = sql.partition("IN (%s)")
        if not one or "%s" in before + after:
            raise TypeError(f"{relation.related_model} cannot be read as columns: {sql}")
        return f"{before}= ANY(%s){after}"


def _for_the_house(get: Getter) -> Getter:
    """Whoever is not known to be one of us is not told."""

    def told(serializer, row):
        request = serializer.context.get("request")
        return get(serializer, row) if request is not None and request.actor.is_staff else None

    return told


def _getter(field: serializers.Field) -> Getter:
    """The shortest way to one field's value."""
    source: Any = field.source  # a dotted path, now that the field is bound
    if isinstance(field, serializers.SerializerMethodField):
        method = field.method_name
        return lambda serializer, row: getattr(serializer, method)(row)
    if isinstance(field, Address):
        return _address(field.view_name)
    if isinstance(field, serializers.ListSerializer) and isinstance(field.child, ReadSerializer):
        return _children(source, type(field.child))
    if isinstance(field, serializers.PrimaryKeyRelatedField) and "." not in source:
        return _plain(f"{source}_id")
    known, convert = _convert(field)
    if known and field.default is empty:
        return _plain(source) if convert is None else _converted(source, convert)
    return lambda _serializer, row: (
        None if (value := field.get_attribute(row)) is None else field.to_representation(value)
    )


def _plain(path: str) -> Getter:
    get = attrgetter(path)
    return lambda _serializer, row: get(row)


def _converted(path: str, convert: Convert) -> Getter:
    get = attrgetter(path)
    return lambda _serializer, row: convert(get(row))


def _address(view_name: str) -> Getter:
    def start(serializer) -> str:
        return reverse(view_name, args=[0], request=serializer.context.get("request")).removesuffix("0/")

    return lambda serializer, row: f"{serializer.once(view_name, lambda: start(serializer))}{row.pk}/"


def _children(name: str, child_class: type[ReadSerializer]) -> Getter:
    """The lines of a document: those the view has prefetched, else the columns of all documents' lines at once."""

    def get(serializer, row) -> list[dict]:
        kept = getattr(row, "_prefetched_objects_cache", {}).get(name)
        columns = child_class.columns() if kept is None else None
        if not columns:
            child = serializer.once(child_class, lambda: child_class(context=serializer.context))
            return [child.to_representation(item) for item in (getattr(row, name).all() if kept is None else kept)]
        relation = type(row)._meta.get_field(name)
        found = serializer.once(name, lambda: columns.by_parent(relation, [one.pk for one in _beside(serializer, row)]))
        return found[row.pk]

    return get


def _beside(serializer: ReadSerializer, row) -> list:
    """All rows of the answer in which ``row`` stands."""
    of_list = isinstance(serializer.parent, serializers.ListSerializer) and serializer.parent.instance
    return of_list if of_list and serializer.parent.parent is None else [row]


def _convert(field: serializers.Field) -> tuple[bool, Convert | None]:
    """Whether a field says a plain value, and how (None: as it is)."""
    if isinstance(field, serializers.DecimalField):
        places = field.decimal_places
        return True, lambda value: None if value is None else f"{value:.{places}f}"
    if isinstance(field, serializers.DateTimeField):
        return True, lambda value: None if value is None else value.isoformat().replace("+00:00", "Z")
    if isinstance(field, serializers.DateField):
        return True, lambda value: None if value is None else value.isoformat()
    plain = serializers.CharField | serializers.ChoiceField | serializers.IntegerField | serializers.BooleanField
    return isinstance(field, plain), None


def _column(field: serializers.Field, model: Any) -> Column | None:
    """The column that holds a field's value, as a queryset names it, and how it is said; None: there is no such column."""
    source: Any = field.source
    if isinstance(field, serializers.PrimaryKeyRelatedField) and "." not in source:
        return f"{source}_id", None
    known, convert = _convert(field)
    *way, last = source.split(".")
    try:
        for name in way:
            step = model._meta.get_field(name)
            if not isinstance(step, models.ForeignKey):
                return None
            model = step.related_model
        column = model._meta.get_field(last)
    except FieldDoesNotExist:
        return None
    if not known or not isinstance(column, models.Field) or (column.is_relation and last == column.name):
        return None
    path = "__".join([*way, last])
    if field.default is not empty:
        return _expression(field, path)
    if _written_alike(field, column):
        return Cast(path, models.TextField()), None
    return path, convert


def _expression(field: serializers.Field, path: Any) -> Column:
    """What is read from ``path``, and the field's default where there is nothing to read."""
    convert = _convert(field)[1]
    default = None if field.default is empty else convert(field.default) if convert else field.default
    return path, lambda value: default if value is None else convert(value) if convert else value


def _written_alike(field: serializers.Field, column: models.Field) -> bool:
    """Whether Postgres writes the value as the answer does: days, and numbers with as many decimals as they are kept."""
    if isinstance(field, serializers.DecimalField):
        return isinstance(column, models.DecimalField) and column.decimal_places == field.decimal_places
    return isinstance(field, serializers.DateField) and type(column) is models.DateField
