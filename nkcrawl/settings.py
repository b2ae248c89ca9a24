"""Scrapy settings that differ from the defaults, each with its reason; nkcrawl's come first.

Which extensions, pipelines and scheduler a crawl uses is configured by the spider.
"""

import os
from pathlib import Path

from nkcrawl.options import user_agent

# --- nkcrawl's: the environment variable of the same name sets each, `-s NAME=VALUE` wins ---------

_HOME = Path(__file__).resolve().parent.parent  # where scrapy.cfg is

NKCRAWL_DATABASE = os.environ.get("NKCRAWL_DATABASE") or str(_HOME / "data" / "nknews.db")
# Tests and the demo point it at loopback.
NKCRAWL_SITE = os.environ.get("NKCRAWL_SITE") or "https://www.nknews.org"
# A URL or mail address for the user agent.
NKCRAWL_CONTACT = os.environ.get("NKCRAWL_CONTACT", "")
# Requests per run, of any kind; 0: no limit.
NKCRAWL_REQUEST_BUDGET = os.environ.get("NKCRAWL_REQUEST_BUDGET") or "600"
# Seconds after which a stuck process ends itself.
NKCRAWL_HARD_LIMIT = os.environ.get("NKCRAWL_HARD_LIMIT") or "3600"

# --- The project ----------------------------------------------------------------------------------

BOT_NAME = "nkcrawl"
USER_AGENT = user_agent(NKCRAWL_CONTACT)  # also for `scrapy shell` and `scrapy fetch`
SPIDER_MODULES = ["nkcrawl.spiders"]
NEWSPIDER_MODULE = "nkcrawl.spiders"
COMMANDS_MODULE = "nkcrawl.commands"

EXTENSIONS = {
    # The stock class also counts the memory of the process that started the crawl.
    "scrapy.extensions.memusage.MemoryUsage": None,
    "nkcrawl.extensions.memory.OwnMemoryUsage": 20,
}
SPIDER_MIDDLEWARES = {
    "nkcrawl.middlewares.ParseErrorMiddleware": 10,
    # These handle the requests that a callback yields; here all requests come from the archive.
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
}
DOWNLOADER_MIDDLEWARES = {
    # The stock class lets retried and redirected requests through.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "nkcrawl.middlewares.StrictOffsiteMiddleware": 50,
    # The stock class takes an unreadable robots.txt for permission to request everything.
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "nkcrawl.middlewares.RobotsMiddleware": 100,
    # The stock class does not know Retry-After.
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "nkcrawl.middlewares.RetryAfterMiddleware": 550,
    "nkcrawl.middlewares.CharsetMiddleware": 580,
    # The stock class takes the beginning of a body for all of it.
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "nkcrawl.middlewares.DecompressionMiddleware": 590,
    # The stock class warns at every start that no Referer is sent, which is on purpose.
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "nkcrawl.middlewares.RefererlessRedirectMiddleware": 600,
    "nkcrawl.middlewares.BudgetMiddleware": 840,  # DownloaderStats, at 850, counts the requests
}
CONCURRENT_ITEMS = 1  # a response gives one item; by default Scrapy starts 100 tasks for it
WARN_ON_GENERATOR_RETURN_VALUE = False  # else the spider's source is parsed for every response

# --- Politeness -----------------------------------------------------------------------------------

ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# The next request is made only when the last page is stored: the archive decides which it is.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 0
DOWNLOAD_DELAY = 2.0  # seconds between requests
DOWNLOAD_DELAY_JITTER = 0  # Scrapy would go down to half the delay
AUTOTHROTTLE_ENABLED = True  # slow down when the site is slow
AUTOTHROTTLE_START_DELAY = 0  # begin at DOWNLOAD_DELAY, which is also AutoThrottle's minimum
AUTOTHROTTLE_MAX_DELAY = 60.0
RETRY_TIMES = 1  # a page that fails twice is due again another night
COOKIES_ENABLED = False  # no session, no tracking; and Scrapy loads a list of domains for them
REFERER_ENABLED = False  # the site need not know which page led to which
HTTPPROXY_ENABLED = False  # else `http_proxy` in the environment would redirect every request

# --- Safety: responses are not trusted ------------------------------------------------------------

DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default accepts any
DOWNLOAD_TIMEOUT = 30  # seconds for a whole page; with Scrapy's 180 a dead site costs minutes
DOWNLOAD_MAXSIZE = 5 * 1024 * 1024  # of a decompressed body too
DOWNLOAD_WARNSIZE = 0  # off: the limit is enough
DOWNLOAD_HANDLERS = {  # no redirect reads a local file
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False  # only a redirect status is followed
MEMUSAGE_LIMIT_MB = 512
MEMUSAGE_CHECK_INTERVAL_SECONDS = 10  # a hostile page takes seconds to exhaust memory
TELNETCONSOLE_ENABLED = False  # a shell into the process
REMOTE_CONTROL_ENABLED = False  # the same over HTTP, on by default since 2.19

# --- Output: silence is success -------------------------------------------------------------------

LOG_LEVEL = "WARNING"  # cron mails whatever is printed
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # a failed page is counted, and is in the sentence at the end
STATS_DUMP = False
