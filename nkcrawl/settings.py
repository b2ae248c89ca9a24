"""Scrapy settings that differ from its defaults, each with its reason; those of our own are at the
top.
"""

import os
from pathlib import Path

from nkcrawl.options import user_agent

# --- Our own: a variable of the same name in the environment sets each, `-s NAME=VALUE` wins ------

_HOME = Path(__file__).resolve().parent.parent  # where scrapy.cfg is

NKCRAWL_DATABASE = os.environ.get("NKCRAWL_DATABASE") or str(
    _HOME / "data" / "nknews.db"
)  # the archive
NKCRAWL_SITE = (
    os.environ.get("NKCRAWL_SITE") or "https://www.nknews.org"
)  # tests and the demo point it at loopback
NKCRAWL_CONTACT = os.environ.get("NKCRAWL_CONTACT", "")  # a URL or address, put into the user agent
NKCRAWL_REQUEST_BUDGET = (
    os.environ.get("NKCRAWL_REQUEST_BUDGET") or "600"
)  # requests a run, all counted; 0: no limit
NKCRAWL_HARD_LIMIT = (
    os.environ.get("NKCRAWL_HARD_LIMIT") or "3600"
)  # seconds until a stuck process ends itself

# --- The project ----------------------------------------------------------------------------------

BOT_NAME = "nkcrawl"
USER_AGENT = user_agent(
    NKCRAWL_CONTACT
)  # who we say we are, `scrapy shell` and `scrapy fetch` included
SPIDER_MODULES = ["nkcrawl.spiders"]
NEWSPIDER_MODULE = "nkcrawl.spiders"
COMMANDS_MODULE = "nkcrawl.commands"

EXTENSIONS = {
    "nkcrawl.extensions.RunRecord": 0,
    "nkcrawl.extensions.Progress": 10,
    # The stock class counts what the process that started the crawl had taken.
    "scrapy.extensions.memusage.MemoryUsage": None,
    "nkcrawl.extensions.memory.OwnMemoryUsage": 20,
}
ITEM_PIPELINES = {
    "nkcrawl.pipelines.NormalisePipeline": 100,
    "nkcrawl.pipelines.PaywallPipeline": 200,
    "nkcrawl.pipelines.ArticleGatePipeline": 300,
    "nkcrawl.pipelines.StoragePipeline": 900,
}
SPIDER_MIDDLEWARES = {
    "nkcrawl.middlewares.UnreadablePageMiddleware": 10,
    # These look at the requests that a page leads to; here all come out of the archive.
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
}
CONCURRENT_ITEMS = (
    1  # a page gives one; Scrapy would begin a hundred tasks at each page to wait for it
)
WARN_ON_GENERATOR_RETURN_VALUE = (
    False  # Scrapy would parse the spider's source at each page, to find none
)
DOWNLOADER_MIDDLEWARES = {
    # The stock class takes a robots.txt that cannot be read for leave to ask for everything.
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "nkcrawl.middlewares.RobotsMiddleware": 100,
    # The stock class does not know Retry-After.
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "nkcrawl.middlewares.PatientRetryMiddleware": 550,
    # just before DownloaderStats, which counts the requests
    "nkcrawl.middlewares.BudgetMiddleware": 840,
    "nkcrawl.middlewares.CharsetMiddleware": 580,  # right after the body was decompressed
    # The stock class lets through whatever was retried or redirected.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "nkcrawl.middlewares.StrictOffsiteMiddleware": 50,
    # The stock class warns at every start that no Referer is sent, which is what we want.
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "nkcrawl.middlewares.RefererlessRedirectMiddleware": 600,
}

# --- Manners: this is someone else's site ---------------------------------------------------------

ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 1  # one request at a time
CONCURRENT_REQUESTS_PER_DOMAIN = 1
SCRAPER_SLOT_MAX_ACTIVE_SIZE = (
    0  # and the next only when the last page is stored: the archive decides what it is
)
DOWNLOAD_DELAY = 2.0  # seconds between requests
DOWNLOAD_DELAY_JITTER = 0  # Scrapy would go down to half the delay
AUTOTHROTTLE_ENABLED = True  # a slow site is asked more slowly
AUTOTHROTTLE_START_DELAY = 0  # begin at DOWNLOAD_DELAY, which AutoThrottle never goes below
AUTOTHROTTLE_MAX_DELAY = 60.0
RETRY_TIMES = 1  # a page that fails twice is due again another night
COOKIES_ENABLED = (
    False  # no session, no tracking; and cookies make Scrapy load a list of domains from elsewhere
)
REFERER_ENABLED = False  # which page led to which is nobody's business
# nobody stands between: `http_proxy` in the environment would send every request elsewhere
HTTPPROXY_ENABLED = False

# --- Safety: what comes back is not trusted -------------------------------------------------------

DOWNLOAD_VERIFY_CERTIFICATES = True  # Scrapy's default accepts any
DOWNLOAD_TIMEOUT = (
    30  # seconds for a whole page; Scrapy's 180 would hold a dead site for minutes a page
)
DOWNLOAD_MAXSIZE = 5 * 1024 * 1024  # also bounds what a compressed body may unfold to
DOWNLOAD_WARNSIZE = 0  # the limit speaks for itself
DOWNLOAD_HANDLERS = {
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}  # no redirect reads a local file
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False  # a page does not send us elsewhere
MEMUSAGE_LIMIT_MB = 512
MEMUSAGE_CHECK_INTERVAL_SECONDS = 10  # a page that blows up does so in seconds
TELNETCONSOLE_ENABLED = False  # a shell into the process
REMOTE_CONTROL_ENABLED = False  # the same over HTTP, on by default since 2.19

# --- Output: silence is success -------------------------------------------------------------------

LOG_LEVEL = "WARNING"  # cron mails whatever is printed
RETRY_GIVE_UP_LOG_LEVEL = (
    "INFO"  # a page that failed is counted, and named in the sentence at the end
)
STATS_DUMP = False
