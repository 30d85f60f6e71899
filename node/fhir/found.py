"""What reading FHIR gives: resources as they were found, and what was not taken."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class ReadResource:
    """One resource as it was found.

    `original` is the resource's text byte for byte. `document` is that text decoded, its decimals
    as `Decimal` so that 1.10 stays 1.10. `position` says where in the content it stood, as
    `entry[3]` or `line 7 entry[0]`, and is empty for a file that is one resource.
    """

    type: str
    id: str
    full_url: str | None = field(repr=False)
    original: bytes = field(repr=False)
    document: dict[str, object] = field(repr=False)
    position: str

    @property
    def key(self) -> str:
        """The resource by type and id, as references spell it."""
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, slots=True)
class Rejection:
    """What was not taken: the file's label, the place in it, and why; nothing of its content."""

    source: str
    position: str
    reason: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A line that is a transaction Bundle: all of it is taken, or nothing."""

    position: str
    resources: tuple[ReadResource, ...] = field(repr=False)
    rejected: tuple[Rejection, ...] = ()


Item = ReadResource | Rejection | Whole
