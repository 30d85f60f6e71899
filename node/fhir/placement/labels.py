"""Security labels that make a resource sensitive; the rules look for them in `meta.security`.

Sources: HL7 v3 ActCode (information sensitivity policies) and v3 Confidentiality, under today's
addresses and those of older FHIR and CDA. Left out are labels that say nothing of mental health,
HIV, sexuality, violence or substances: genetic disease, sickle cell, pregnancy, disability.
"""

from typing import Final

_SENSITIVITIES: Final = frozenset(
    """
    HIV PSY PSYTHPN MH BH EMOTDIS SDV VIO MST SEX STD ETH ETHUD OPIOIDUD SUD SPI TBOO
    42CFRPart2 42CFRPart2CD
    """.split()
)
_CONFIDENTIALITIES: Final = frozenset({"R", "V"})
"""Restricted and very restricted; normal, moderate, low and unrestricted decide nothing."""

_ACT_CODE: Final = (
    "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "http://hl7.org/fhir/v3/ActCode",
    "http://hl7.org/implement/standards/fhir/v3/ActCode",
    "urn:oid:2.16.840.1.113883.5.4",
    "2.16.840.1.113883.5.4",
    "urn:oid:2.16.840.1.113883.1.11.20428",
    "2.16.840.1.113883.1.11.20428",
)
_CONFIDENTIALITY: Final = (
    "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "http://hl7.org/fhir/v3/Confidentiality",
    "http://hl7.org/implement/standards/fhir/v3/Confidentiality",
    "urn:oid:2.16.840.1.113883.5.25",
    "2.16.840.1.113883.5.25",
)
_BY_SYSTEM: Final = {
    **dict.fromkeys(_ACT_CODE, _SENSITIVITIES),
    **dict.fromkeys(_CONFIDENTIALITY, _CONFIDENTIALITIES),
}
_ANYWHERE: Final = _SENSITIVITIES | _CONFIDENTIALITIES
LABELS: Final = tuple(sorted(_ANYWHERE))
"""Every code that counts."""


def sensitive_label(meta: object) -> tuple[str, str] | None:
    """The first sensitive label of a `meta` element, as its code and its place.

    A label without a system counts as if it had the right one, and so does one of a system that is
    not known here: to keep a resource from readers who may have it can be mended, the other way
    cannot. Takes any shape.
    """
    if not isinstance(meta, dict):
        return None
    labels = meta.get("security")
    for number, label in enumerate(labels if isinstance(labels, list) else [labels]):
        if isinstance(label, dict):
            code = label.get("code")
        elif isinstance(label, str):
            code, label = label, {}
        else:
            continue
        if not isinstance(code, str) or code.strip() not in _ANYWHERE:
            continue
        system = label.get("system")
        if isinstance(system, str):
            system = system.partition("|")[0].rstrip("/").replace("https://", "http://", 1)
        wanted = _BY_SYSTEM.get(system, _ANYWHERE) if isinstance(system, str) else _ANYWHERE
        if code.strip() in wanted:
            return code.strip(), f"meta.security[{number}]"
    return None
