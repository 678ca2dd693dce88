"""Who may do what (jobs spec, section 6), for the admin, the API and the commands alike."""

from django.contrib.auth.models import AnonymousUser, User

from prestage_plugin.models import Job, Schedule

__all__ = [
    "may_add_exceptions",
    "may_assign",
    "may_cancel",
    "may_cancel_schedule",
    "may_change_schedule",
    "may_force_stop",
    "may_reassign",
    "may_remove_exceptions",
    "may_run",
    "may_view_devices",
    "may_view_exceptions",
    "may_view_jobs",
]

# Whoever may start jobs sees the own ones.
_VIEWING = ("view_job", "view_all_jobs", "run_job")


def may_view_jobs(user: User | AnonymousUser) -> bool:
    """Whether the user has pages of jobs at all; which jobs is `Job.objects.visible_to`."""
    return any(user.has_perm(f"prestage.{name}") for name in _VIEWING)


def may_run(user: User | AnonymousUser) -> bool:
    """Whether the user may start and schedule jobs."""
    return user.has_perm("prestage.run_job")


def may_cancel(user: User | AnonymousUser, job: Job) -> bool:
    """Whether the user may cancel this job: an own one, or any with `cancel_any_job`."""
    return _owns(user, job) or user.has_perm("prestage.cancel_any_job")


def may_force_stop(user: User | AnonymousUser, job: Job) -> bool:
    """Whether the user may also close the sessions of this job that are in flight."""
    return may_cancel(user, job) and user.has_perm("prestage.force_stop_job")


def may_reassign(user: User | AnonymousUser, job: Job) -> bool:
    """Whether the user may hand this job over: an own one, or any with `change_job`."""
    return _owns(user, job) or user.has_perm("prestage.change_job")


def may_cancel_schedule(user: User | AnonymousUser, schedule: Schedule) -> bool:
    """Whether the user may stop this series: an own one, or any with `cancel_any_job`."""
    return _owns(user, schedule) or user.has_perm("prestage.cancel_any_job")


def may_change_schedule(user: User | AnonymousUser, schedule: Schedule) -> bool:
    """Whether the user may change this series: an own one, or any with `change_schedule`."""
    return may_run(user) and (_owns(user, schedule) or user.has_perm("prestage.change_schedule"))


def may_view_devices(user: User | AnonymousUser) -> bool:
    """Whether the user may see devices, their roles and why they have them."""
    return any(user.has_perm(f"prestage.{verb}_device") for verb in ("view", "change"))


def may_assign(user: User | AnonymousUser) -> bool:
    """Whether the user may assign roles and take them back."""
    return may_view_devices(user) and user.has_perm("prestage.assign_role")


def may_view_exceptions(user: User | AnonymousUser) -> bool:
    """Whether the user may see people's exceptions for devices."""
    return any(user.has_perm(f"prestage.{verb}_roleexception") for verb in ("view", "change"))


def may_add_exceptions(user: User | AnonymousUser) -> bool:
    """Whether the user may set exceptions for devices."""
    return user.has_perm("prestage.change_device") and user.has_perm("prestage.add_roleexception")


def may_remove_exceptions(user: User | AnonymousUser) -> bool:
    """Whether the user may remove exceptions, and so replace them."""
    return user.has_perm("prestage.change_device") and user.has_perm(
        "prestage.delete_roleexception"
    )


def _owns(user: User | AnonymousUser, row: Job | Schedule) -> bool:
    return user.is_authenticated and row.user_id is not None and row.user_id == user.pk
