"""What can be done next with a device, and why that would be a good idea."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils.translation import gettext as _

from prestage_plugin.admin.jobs.device_rows import advice_for
from prestage_plugin.models import Device, JobDevice
from prestage_plugin.permissions import may_run
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.states import DeviceState, RoleChoice

__all__ = ["Hint", "NextSteps", "Step", "next_steps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One button.

    Attributes:
        action: Name of the list's action that it sends the device to.
        device_id: Of which device: a logical system is prestaged with its router.
        label: What it says.
    """

    action: str
    device_id: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something that somebody should know before deciding.

    Attributes:
        text: One sentence or two.
        url: Where more about it is; empty for nowhere.
        link: What the link says.
    """

    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSteps:
    """The buttons and hints of a device."""

    buttons: list[Step] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)


def next_steps(
    device: Device, *, user: User | AnonymousUser, last: JobDevice | None = None
) -> NextSteps:
    """Return what the user can do with a device as it is now.

    Args:
        device: The device.
        user: Whoever looks.
        last: What the newest job that the user may see found out about it.
    """
    hints = [*_of_inventory(device), *_of_role(device), *_of_exceptions(device)]
    if last is not None:
        hints += _of_failure(last)
    return NextSteps(buttons=list(_buttons(device, user)), hints=hints)


def _buttons(device: Device, user: User | AnonymousUser) -> Iterator[Step]:
    router = device.parent or device
    if may_run(user) and router.in_inventory:
        label = _("Prestage its router…") if device.parent else _("Prestage now…")
        yield Step(action="prestage_devices", device_id=router.pk, label=label)
    # The events of a logical system are those of its router.
    if device.parent is None and user.has_perm("prestage.change_device"):
        if device.events_muted:
            yield Step(action="unmute_events", device_id=device.pk, label=_("Unmute events"))
        else:
            yield Step(action="mute_events", device_id=device.pk, label=_("Mute events"))


def _of_inventory(device: Device) -> Iterator[Hint]:
    if not device.in_inventory:
        yield Hint(text=_("It is no longer in the inventory, so no job contacts it."))
    if device.events_muted:
        yield Hint(text=_("Its events are muted: changes of it are recorded and start nothing."))


def _of_role(device: Device) -> Iterator[Hint]:
    if not device.recommended_role:
        yield Hint(text=_("It has not been evaluated yet. Prestage it to learn its role."))
    elif device.drift:
        text = _(
            "Its configuration no longer supports the assigned role %(assigned)s; it speaks for "
            "%(recommended)s. Mend the configuration and prestage it again, or take the role back."
        )
        roles = {"assigned": device.assigned_role, "recommended": device.recommended_role}
        yield Hint(text=text % roles, url="#why", link=_("Why"))
    elif device.recommended_role == RoleChoice.UNKNOWN:
        text = _(
            "No role could be recommended. Change its configuration, or make an exception, and "
            "prestage it again."
        )
        yield Hint(text=text, url="#why", link=_("Why"))
    elif device.assignable:
        text = _("The recommended role %(role)s has not been confirmed yet.")
        page = reverse("admin:prestage_recommendation_change", args=[device.pk])
        yield Hint(
            text=text % {"role": device.recommended_role}, url=page, link=_("Evidence and roles")
        )


def _of_exceptions(device: Device) -> Iterator[Hint]:
    if device.evaluated_at is None:
        return
    if device.exceptions.filter(created_at__gt=device.evaluated_at).exists():
        text = _("It has exceptions that are newer than its evaluation; prestage it to apply them.")
        yield Hint(text=text, url="#exceptions-group", link=_("Exceptions"))


def _of_failure(row: JobDevice) -> Iterator[Hint]:
    if row.state != DeviceState.FAILED:
        return
    text = _("The latest job could not read it: %(error)s %(advice)s")
    words = {
        "error": translate_sentence(row.error_text),
        "advice": advice_for(row.error_code),
    }
    url = reverse("admin:prestage_job_device", args=[row.job_id, row.pk])
    yield Hint(text=(text % words).strip(), url=url, link=str(row.job))
