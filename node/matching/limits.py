"""What matching looks at of a person, and how far it looks, each with its unit."""

from typing import Final

names_max: Final = 8
"""Names of one person that are compared; the rest of a longer list is not looked at."""

name_words_max: Final = 6
"""Words of a family name, or of the given names."""

word_length_chars_max: Final = 40
"""What is looked at of a word of a name, once in Latin letters."""

identifiers_max: Final = 16
"""Identifiers of one person that are compared."""

contacts_max: Final = 8
"""Telephone numbers and mail addresses of one person."""

addresses_max: Final = 4
"""Postal addresses of one person."""

text_length_chars_max: Final = 200
"""What is looked at of any one text of a document."""

documents_max: Final = 4
"""Patient resources of one chart that are looked at; there should be one."""

keys_max: Final = 160
"""Blocking keys of one person."""

block_people_max: Final = 250
"""People under one blocking key that are looked at; a fuller block tells nothing."""

candidates_max: Final = 40
"""People that one person is compared with in full: those that share the most."""

bearers_counted_max: Final = 4_000
"""Bearers of a name that are counted; one with more is as common as one with so many."""
