"""What prestaging knows about a host of the Nornir inventory."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.document import HoldsText
from prestage_plugin.states import RecommendationState, RoleChoice

__all__ = ["Device", "DeviceQuerySet"]


class DeviceQuerySet(models.QuerySet["Device"]):
    """Vocabulary for lists of devices."""

    def prestageable(self) -> "DeviceQuerySet":
        """Devices that a job can contact: in the inventory, and not a logical system."""
        return self.filter(in_inventory=True, parent__isnull=True)

    def recommendations(self) -> "DeviceQuerySet":
        """Devices with a recommendation that nobody confirmed yet."""
        return self.exclude(recommended_role="").filter(assigned_role="")

    def differing(self) -> "DeviceQuerySet":
        """Devices whose recommendation is not the assigned role: unconfirmed, or drifted."""
        return self.exclude(recommended_role__in=["", F("assigned_role")])

    def assignable(self) -> "DeviceQuerySet":
        """Devices whose recommendation can be confirmed."""
        return self.recommendations().exclude(recommended_role=RoleChoice.UNKNOWN)

    def in_group(self, group: str) -> "DeviceQuerySet":
        """Devices that are in an inventory group."""
        return self.filter(HoldsText(F("groups"), models.Value(group)))

    def drifted(self) -> "DeviceQuerySet":
        """Devices whose configuration no longer supports the assigned role."""
        return self.exclude(assigned_role="").exclude(recommended_role__in=["", F("assigned_role")])

    def moved(self) -> "DeviceQuerySet":
        """Devices with the assigned role, whose loopback is another one than was assigned."""
        same = self.exclude(assigned_role="").filter(recommended_role=F("assigned_role"))
        return same.exclude(loopback=None).exclude(loopback=F("assigned_loopback"))

    def deviating(self) -> "DeviceQuerySet":
        """Devices that are not as they were assigned: drifted or moved."""
        return self.drifted() | self.moved()


class Device(models.Model):
    """A host of the inventory, or a logical system of one (prestaging spec, sections 1 and 3).

    The recommended role is the result of discovery. Only confirming, by a person or by a job that
    assigns automatically, turns it into the assigned role.
    """

    name = models.CharField(_("name"), max_length=255, unique=True)
    address = models.CharField(_("address"), max_length=255, blank=True)
    platform = models.CharField(_("platform"), max_length=64, blank=True)
    groups = models.JSONField(_("groups"), default=list, blank=True)
    in_inventory = models.BooleanField(_("in inventory"), default=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="logical_systems",
        verbose_name=_("router"),
        help_text=_("Set for a logical system."),
    )

    events_muted = models.BooleanField(
        _("events muted"),
        default=False,
        help_text=_("Its change events are recorded and start nothing."),
    )

    recommended_role = models.CharField(
        _("recommended role"), max_length=8, choices=RoleChoice.choices, blank=True
    )
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    loopback = models.GenericIPAddressField(_("loopback"), null=True, blank=True)
    capabilities = models.JSONField(_("capabilities"), default=list, blank=True)
    flags = models.JSONField(_("flags"), default=list, blank=True)
    warnings = models.JSONField(_("warnings"), default=list, blank=True)
    uni_count = models.PositiveIntegerField(_("UNI"), default=0)
    excluded_count = models.PositiveIntegerField(_("excluded interfaces"), default=0)
    fingerprint = models.CharField(_("fingerprint"), max_length=128, blank=True)
    evaluated_at = models.DateTimeField(_("evaluated"), null=True, blank=True)

    assigned_role = models.CharField(
        _("assigned role"), max_length=8, choices=RoleChoice.choices, blank=True
    )
    assigned_loopback = models.GenericIPAddressField(_("assigned loopback"), null=True, blank=True)
    assigned_at = models.DateTimeField(_("assigned"), null=True, blank=True)
    assigned_by = models.CharField(_("assigned by"), max_length=150, blank=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="prestage_unknown_is_never_assigned",
                condition=~Q(assigned_role=RoleChoice.UNKNOWN),
            ),
        ]
        indexes = [
            models.Index(fields=["recommended_role", "assigned_role"], name="prestage_dev_roles"),
            models.Index(fields=["in_inventory", "name"], name="prestage_dev_inventory"),
        ]
        permissions = [
            ("assign_role", _("Can assign and un-assign roles")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def drift(self) -> bool:
        """Whether the configuration no longer supports the assigned role."""
        return bool(self.assigned_role) and self.recommended_role not in {"", self.assigned_role}

    @property
    def moved(self) -> bool:
        """Whether the role is as it was assigned, and the loopback another one."""
        same = bool(self.assigned_role) and self.recommended_role == self.assigned_role
        return same and self.loopback not in {None, self.assigned_loopback}

    @property
    def assignable(self) -> bool:
        """Whether the recommendation can be confirmed."""
        recommended = self.recommended_role not in {"", RoleChoice.UNKNOWN}
        return recommended and not self.assigned_role

    @property
    def recommendation_state(self) -> RecommendationState:
        """What the recommendation means; only of devices that are `differing`."""
        return (
            RecommendationState.DRIFTED if self.assigned_role else RecommendationState.UNCONFIRMED
        )
