"""The merge of one chart's content: policies, heads, conflicts and the documents shown.

Pure functions over merged changes (DESIGN section 5, AUTHORITY section d); quarantined changes
come in apart, for the banner and the account.
"""
