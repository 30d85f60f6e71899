"""Pictures of a run as inline SVG, drawn by matplotlib, each for wide and for narrow pages.

`scenarios.report.page` draws them all; nothing else imports this package, as it loads matplotlib.
"""
