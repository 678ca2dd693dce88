"""What a source hands over: who spoke of a change, before it is known which device that is."""

from dataclasses import dataclass

from prestage_plugin.services.directory import Directory
from prestage_plugin.services.events import Heard
from prestage_plugin.states import ChangeSource

__all__ = ["Notice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A change of some device, as a source heard of it.

    Looking the device up needs the database, which a source must not wait for; so that is left to
    the writer (`prestage_plugin.events.writer`).

    Attributes:
        source: Where it was heard.
        address: Address of the device; empty when it says nothing.
        name: Name of the device, for senders that speak for others; empty otherwise.
        device_id: Primary key of the device, of sources that know it.
        sender: Who said it, for people.
        actor: Login of who changed the device, as far as it was said.
        detail: What was said, in a few words without secrets.
    """

    source: ChangeSource
    address: str = ""
    name: str = ""
    device_id: int | None = None
    sender: str = ""
    actor: str = ""
    detail: str = ""

    def resolve(self, directory: Directory) -> Heard:
        """Return it as an event of the device that the directory finds, or of none."""
        device_id = self.device_id
        if device_id is None:
            device_id = directory.find(address=self.address, name=self.name)
        return Heard(
            source=self.source,
            device_id=device_id,
            sender=self.sender,
            actor=self.actor,
            detail=self.detail,
        )
