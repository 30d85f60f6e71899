"""The report of a run: one page with pictures that shows what happened, and the same as JSON.

`satchel simulate --report` calls `of_run` and `writing`; only `pictures` needs matplotlib.
"""
