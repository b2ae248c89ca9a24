"""Strings of the site's interface around an article, and its notations of a date.

Only what a filter must recognize follows the site; the rest of the pages is made up.
"""

from datetime import date

MONTHS = (
    "January February March April May June July August September October November December".split()
)

LOGO = "NK News Logo"
PROMOS = ("Get behind the headlines", "NK News is hiring")
SHARE = ("Copy Icon", "COPY LINK", "Mastodon Icon", "MASTODON")
MODELLED = "modelled by hand; nobody has recorded the live site"

OFFER_HEADINGS = {
    "offer-trial": ("Try unlimited access", "Only $1 for four weeks"),
    "offer-week": ("Become a member for less than $4 per week.",),
    "offer-split": ("Become a member for less", "than $5.75 per week."),
}
OFFER_LIST = (
    "Unlimited access to all of NK News: reporting, investigations, analysis",
    "Year-one discount if you continue past $1 trial period",
    "The NK News Daily Update, an email newsletter to keep you in the loop",
    "Searchable archive of all content, photo galleries, special columns",
    "Contact NK News reporters with tips or requests for reporting",
)
OFFER_PITCH = (
    "Get unlimited access to all NK News content, including original reporting,",
    "investigations, and analyses by our team of DPRK experts.",
)
OFFER_CARDS = "All major cards accepted. No commitments – you can cancel any time."

LIMIT_BOX = (
    "You have reached your limit of 5 free articles this month.",
    "Subscribe today for unlimited access.",
    "Prices start from just $1 per week.",
    "Existing users, please sign in here:",
    "Remember Me",
)

RIGHTS = (
    "© Korea Risk Group. All rights reserved.",
    (
        "No part of this content may be reproduced, distributed, or used for commercial purposes "
        "without prior written permission from Korea Risk Group."
    ),
)
MOBILE = "Never miss a beat. Try the new mobile app."
TIP = ("EMAIL", "Got a news tip?", "Let us know!")
BROWSER_NOTICE = (
    "Internet Explorer is not compatible with this website. Please use another browser."
)
POPUP = (
    "Specialist news and analysis,",
    "research tools, and unique data sets",
    "Join the influential community of members who rely on NK News.",
    "Don't have an account? SIGN UP",
)
PROMO_STAMP = "by nknews_hq on 2018-01-10 02:35:37"


def reading_time(number: int) -> str:
    """As beside the byline: `5 min read`."""
    return f"{2 + number % 7} min read"


def long_date(day: date) -> str:
    """As in bylines: `June 5, 2025`."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def short_date(day: date) -> str:
    """As behind the visit date: `Jun 5, 2025`."""
    return f"{MONTHS[day.month - 1][:3]} {day.day}, {day.year}"


def dotted_date(day: date) -> str:
    """As in picture credits: `Feb. 17, 2025`."""
    return f"{MONTHS[day.month - 1][:3]}. {day.day}, {day.year}"


def ordinal_date(day: date) -> str:
    """As on old pages: `October 21st, 2013`."""
    ending = "th" if 10 < day.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{MONTHS[day.month - 1]} {day.day}{ending}, {day.year}"


def copyright_line(year: int) -> str:
    """The last line of a page in the given year."""
    return f"© {year}, Korea Risk Group (NK Consulting Inc.). All Rights Reserved"


NOTE_VIEWS = (
    "Views expressed in Opinion articles are exclusively the authors’ own and do not represent "
    "those of NK News."
)
NOTES = (
    NOTE_VIEWS,
    (
        "The following article is a column by {name}, who has followed the border economy for a "
        "decade."
    ),
    "The following article is an opinion piece by {name}.",
    "This is part of NK News’ series on small firms that trade across the Yalu River.",
    "“Settling in Seoul” is a new NK News series about the first years after arrival in the South.",
    "Got a question for {name}? Email it to [email protected] with your name and your city.",
    "About the podcast: A weekly talk with people who watch the border for a living.",
    (
        "Views expressed in Opinion articles are exclusively the authors’ own, not those of the "
        "editors."
    ),
)
NOTES_AFTER_LEAD = ("Got a question for", "About the podcast:")
