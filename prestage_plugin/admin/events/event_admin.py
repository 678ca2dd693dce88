"""What was heard of devices and what became of it, and who is not known."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin import badges
from prestage_plugin.admin.events.filters import DeviceFilter, StateFilter
from prestage_plugin.admin.preferences import ZONE_SCRIPT, InUsersZone
from prestage_plugin.admin.query_string import WithoutNul
from prestage_plugin.admin.read_only import ReadOnly
from prestage_plugin.models import ChangeEvent, UnknownSender
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.senders import forget_senders

if TYPE_CHECKING:
    _EventBase = admin.ModelAdmin[ChangeEvent]
    _SenderBase = admin.ModelAdmin[UnknownSender]
else:
    _EventBase = _SenderBase = admin.ModelAdmin

__all__ = ["ChangeEventAdmin", "UnknownSenderAdmin"]


@admin.register(ChangeEvent)
class ChangeEventAdmin(InUsersZone, WithoutNul, ReadOnly, _EventBase):
    """The events of all devices, newest first."""

    list_display = (
        "received",
        "device_link",
        "source",
        "what_became",
        "actor",
        "detail_words",
        "sender",
    )
    fields = readonly_fields = list_display
    list_filter = (DeviceFilter, "source", StateFilter, "received_at")
    search_fields = ("device__name", "sender", "actor")
    list_per_page = 50
    list_display_links = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    class Media:
        css = {"all": ["prestage_plugin/admin.css"]}
        js = [ZONE_SCRIPT]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeEvent]:
        """Return the events with what became of them."""
        del request
        return ChangeEvent.objects.with_fates()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under its own name: there is nothing to select."""
        context = {"title": _("Change events")}
        return super().changelist_view(request, context | (extra_context or {}))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """They go with their job, or by age."""
        del request, obj
        return False

    @admin.display(description=gettext_lazy("Received"), ordering="received_at")
    def received(self, event: ChangeEvent) -> SafeString:
        """Return when it was accepted."""
        return badges.moment(event.received_at)

    @admin.display(description=gettext_lazy("Device"), ordering="device__name")
    def device_link(self, event: ChangeEvent) -> SafeString:
        """Return the device with a link to its page."""
        url = reverse("admin:prestage_device_change", args=[event.device_id])
        return format_html('<a href="{}">{}</a>', url, event.device.name)

    @admin.display(description=gettext_lazy("What became of it"))
    def what_became(self, event: ChangeEvent) -> SafeString:
        """Return its fate, with a link to the job."""
        return badges.event_fate(event)

    @admin.display(description=gettext_lazy("Detail"), ordering="detail")
    def detail_words(self, event: ChangeEvent) -> str | None:
        """Return what its sender says, or what this software says of it; None for nothing."""
        return translate_sentence(event.detail) or None


@admin.register(UnknownSender)
class UnknownSenderAdmin(InUsersZone, WithoutNul, ReadOnly, _SenderBase):
    """Senders whose events fit no device: new routers, relays, or somebody who should not."""

    list_display = ("sender", "source", "events", "last", "first", "detail")
    list_filter = ("source",)
    search_fields = ("sender",)
    list_display_links = None
    show_full_result_count = False

    class Media:
        css = {"all": ["prestage_plugin/admin.css"]}
        js = [ZONE_SCRIPT]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list under its own name."""
        context = {"title": _("Unknown senders")}
        return super().changelist_view(request, context | (extra_context or {}))

    def delete_model(self, request: HttpRequest, obj: UnknownSender) -> None:
        """Forget a sender."""
        del request
        forget_senders(sender_ids=[obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[UnknownSender]) -> None:
        """Forget the selected senders."""
        del request
        forget_senders(sender_ids=queryset.values_list("pk", flat=True))

    @admin.display(description=gettext_lazy("Last event"), ordering="last_at")
    def last(self, sender: UnknownSender) -> SafeString:
        """Return when it was heard last."""
        return badges.moment(sender.last_at)

    @admin.display(description=gettext_lazy("First event"), ordering="first_at")
    def first(self, sender: UnknownSender) -> SafeString:
        """Return when it was heard first."""
        return badges.moment(sender.first_at)
