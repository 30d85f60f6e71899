"""Bytes that crossed each kind of link: sealed records, and all else."""

from matplotlib.figure import Figure

from scenarios.report.given import Given
from scenarios.report.numbers import Numbers
from scenarios.report.pictures.canvas import Canvas, Ink
from scenarios.report.telling import size


def draw_traffic(given: Given, numbers: Numbers, canvas: Canvas) -> Figure:
    """One bar a link."""
    links = numbers.links
    sheet = canvas.figure(30 * len(links) + 60)
    axes = sheet.subplots()
    rows = list(range(len(links)))
    sealed = [min(link.wire_bytes, link.ciphertext_bytes or 0) for link in links]
    beside = [link.wire_bytes - within for link, within in zip(links, sealed, strict=True)]
    axes.barh(rows, sealed, height=0.62, color=Ink.MAIN, label="sealed records")
    axes.barh(rows, beside, left=sealed, height=0.62, color=Ink.FAINT, label="all else")
    most = max((link.wire_bytes for link in links), default=1) or 1
    for row, link in enumerate(links):
        axes.text(link.wire_bytes + most * 0.01, row, f" {size(link.wire_bytes)}", va="center")
    axes.set_yticks(rows, [link.link for link in links])
    axes.set_ylim(len(links) - 0.5, -0.5)
    axes.set_xlim(0, most * (1.35 if canvas.narrow else 1.14))
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    sheet.legend(loc="outside upper left", ncols=2, handlelength=1.2)
    return sheet
