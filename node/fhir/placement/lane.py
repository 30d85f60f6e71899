"""The lanes that a resource can be placed in, the rules that place it, and a rule's answer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Lane = Literal["summary", "care", "sensitive"]


class Rule(StrEnum):
    """What decided a resource's lane, in the order in which they are asked."""

    FORCED = "forced"
    """The person who brings the resource named the lane."""
    LABEL = "label"
    """A security label in `meta.security` says that it is sensitive."""
    CODE = "code"
    """A code of a sensitive list stands where it says what the resource is about."""
    NAME = "name"
    """A medicine's text names an antiretroviral."""
    MEDICATION = "medication"
    """The Medication that it refers to is sensitive by one of the two rules before."""
    SUMMARY_TYPE = "summary type"
    """Its type belongs to the emergency essentials."""
    SUMMARY_CODE = "summary code"
    """It tells the blood group."""
    OTHERWISE = "otherwise"
    """No other rule applied: care."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A lane, and why. `detail` names the list or label, `place` where in the resource.

    Neither shows what the resource says beyond the list's name.
    """

    lane: Lane
    rule: Rule
    detail: str = ""
    place: str = ""
