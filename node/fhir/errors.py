"""Errors of FHIR: what is wrong with the installation, never with a record.

NodeError
└── FhirError
    └── SchemaDamaged
"""

from node.errors import NodeError
from node.exits import ExitCode


class FhirError(NodeError):
    """what is needed to read FHIR is not there"""


class SchemaDamaged(FhirError):
    """the FHIR schema in this installation is not the one that HL7 published"""

    exit_code = ExitCode.INTEGRITY
    hint = "install satchel again"
