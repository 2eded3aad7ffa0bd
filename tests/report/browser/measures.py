"""Measures of a page in Chromium: widths, sizes of texts, contrasts, focus and accessibility."""

from __future__ import annotations

from importlib import resources, util

SMALLEST = 11
"""The smallest text in pixels."""

FAINT = ".card svg *, .grid, .chance, .speakers, .hollow-core, .dot-core, .area"
"""Marks behind others that only help to compare, and those of Matplotlib's charts."""

_SCRIPT = resources.files(__package__).joinpath("measures.js").read_text(encoding="utf-8")


def measure(driver, function, *arguments):
    """Call a function of measures.js on the page; most return a list with one string for each fault."""
    return driver.execute_script(f"{_SCRIPT}\nreturn {function}(...arguments);", *arguments)


def axe_is_installed() -> bool:
    """Return whether the package axe-core-python, which holds axe.min.js, is installed."""
    return util.find_spec("axe_core_python") is not None


def violations(driver, *, contrast=True):
    """Return the violations that axe-core finds, one string for each element.

    Most of its time goes into contrasts: ``contrast=False`` leaves them out where :func:`measure` has them.
    """
    driver.execute_script(resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    rules = {"color-contrast": {"enabled": contrast}}
    folded = {"exclude": [["details:not([open]) > :not(summary)"]]}  # they have no layout to judge
    script = "axe.run(arguments[0], arguments[1]).then(result => arguments[2](result.violations));"
    options = {"resultTypes": ["violations"], "preload": False, "rules": rules}
    results = driver.execute_async_script(script, folded, options)
    return [f"{r['id']}: {n['target'][0]} {n['html'][:100]}" for r in results for n in r["nodes"]]
