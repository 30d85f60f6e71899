"""Every fixed limit of search, each with its unit last in its name."""

from typing import Final

text_length_chars_max: Final = 200
"""What is looked at of a search text."""

tokens_max: Final = 12
"""Words of it that are looked for."""

readings_max: Final = 4
"""Ways to group the words of a text that are tried, beside the one that was typed."""

word_length_chars_max: Final = 32
"""What is kept of one word of a name; longer ones are found by that beginning."""

words_per_face_max: Final = 160
"""Spellings that one patient is indexed by: some twenty names in two scripts."""

numbers_per_face_max: Final = 320
"""Forms of identifiers, phone numbers and tags that one patient is indexed by."""

number_length_chars_max: Final = 64
"""What is kept of one identifier."""

sounds_per_word_max: Final = 4
"""Sound keys of one word; letters that several languages read in several ways multiply them."""

sound_length_chars_max: Final = 10
"""Length of a sound key: ten consonants say a name."""

typo_letters_min: Final = 4
"""A shorter word is not looked for with a typo: too many names are one letter away."""

two_typos_letters_min: Final = 7
"""A shorter word is not looked for with two typos."""

spellings_tried_max: Final = 20_000
"""Words of the index that one word of a search text may stand for."""

candidates_max: Final = 20_000
"""Charts that one word may bring before those of several words are intersected."""

ranked_max: Final = 500
"""Charts that are scored of one reading, the first by name."""

few_results: Final = 10
"""With fewer results than this, two typos in a word are tried too."""
