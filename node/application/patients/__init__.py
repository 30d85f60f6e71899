"""What is done for and by patients: consent, requests, handover, broken glass."""
