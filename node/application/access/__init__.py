"""Who may do what: grants, revocations, gates, peers, quarantine."""
