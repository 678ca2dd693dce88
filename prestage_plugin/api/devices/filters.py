"""What lists of devices can be filtered by."""

from django_filters import rest_framework as filters

from prestage_plugin.api.core.filtering import AnyOf, TextFilter, TruthFilter
from prestage_plugin.models import Device
from prestage_plugin.states import RoleChoice

__all__ = ["DeviceFilters"]

_ROLES = [("", "none"), *((role.value, role.value) for role in RoleChoice)]


class DeviceFilters(filters.FilterSet):
    """Filters of `devices/`; an empty role means none."""

    recommended_role = AnyOf(choices=_ROLES, help_text="One of these roles; empty for none.")
    assigned_role = AnyOf(choices=_ROLES, help_text="One of these roles; empty for none.")
    name = TextFilter(lookup_expr="icontains", help_text="A part of the name, in any case.")
    platform = TextFilter(help_text="The platform.")
    in_inventory = TruthFilter(help_text="Whether it is in the inventory.")

    class Meta:
        model = Device
        fields: list[str] = []
