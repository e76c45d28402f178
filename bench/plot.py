# SPDX-License-Identifier: MIT
"""Plots of the benchmarks: little enough to draw by hand."""


def svg(path, title, body):
    """A picture of 640 x 400 with a title."""
    with open(path, "w", encoding="ascii") as f:
        f.write('<!-- SPDX-License-Identifier: MIT -->\n<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400" '
                'font-family="sans-serif" font-size="12">\n<rect width="640" height="400" '
                f'fill="white"/>\n<text x="320" y="20" text-anchor="middle">{title}</text>\n')
        f.write("\n".join(body) + "\n</svg>\n")


def paired_bars(path, title, bars, legend, top=1.0, names_every=1):
    """bars: (name, light, dark), as parts of `top`. A name stands below each bar, or below the middle of so many."""
    body, step = [], 540 // len(bars)
    for i, (name, light, dark) in enumerate(bars):
        x = 60 + i * step
        for nth, (value, colour) in enumerate(((light, "#aac"), (dark, "#226"))):
            height = min(value / top, 1.05) * 300
            body.append(f'<rect x="{x + nth * (step // 3)}" y="{350 - height:.0f}" width="{step // 3}" '
                        f'height="{height:.0f}" fill="{colour}"/>')
        if i % names_every == names_every // 2:
            body.append(f'<text x="{x + step // 3}" y="370" text-anchor="middle">{name}</text>')
    body.append(f'<text x="320" y="392" text-anchor="middle">{legend}</text>')
    svg(path, title, body)
