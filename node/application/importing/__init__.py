"""The way in: FHIR files into charts."""
