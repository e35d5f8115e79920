"""Writes pypi-holidays.csv from what PyPI package `holidays` has: pip install holidays==0.109, then run this."""

import re
import sys
import warnings
from pathlib import Path

import holidays

FOLDER = Path(__file__).parent
BUILTIN = Path(__file__).parents[3] / "src/holidays/builtin"
# Where a calendar's id does not say what the package calls it: country, subdivision, category.
NAMED = {
    "ca-federal": ("CA", None, "government"),
    "gb-eng": ("GB", "ENG", None),
    "us-federal": ("US", None, None),
}
HEADER = f"""\
# Public holidays as PyPI package holidays {holidays.__version__} (MIT licence) has them, for 2020 to 2050 or, where dates are decreed,
# to 2035. Made by make.py. Dates only, one line a calendar and year. The dates of `in`, `sg` and `nz` that follow the
# moon were taken from here: those only the other files check.
"""


def last_year(calendar):
    rules = (BUILTIN / f"{calendar}.toml").read_text()
    confirmed = re.search(r"^confirmed_through = (\d+)", rules, re.M)
    return 2050 if not confirmed or int(confirmed[1]) >= 2050 else 2035


def main():
    warnings.simplefilter("ignore")
    lines = [HEADER]
    for calendar in sorted(path.stem for path in BUILTIN.glob("*.toml")):
        country, _, part = calendar.upper().partition("-")
        country, part, category = NAMED.get(calendar, (country, part or None, None))
        years = range(2020, last_year(calendar) + 1)
        options = {"categories": (category,)} if category else {}
        dates = sorted(holidays.country_holidays(country, subdiv=part, years=years, **options))
        for year in years:
            days = " ".join(f"{date:%m-%d}" for date in dates if date.year == year)
            lines.append(f"{calendar},{year},{days}\n")
    (FOLDER / "pypi-holidays.csv").write_text("".join(lines))


if __name__ == "__main__":
    sys.exit(main())
