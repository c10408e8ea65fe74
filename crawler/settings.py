"""How we fetch: every Scrapy setting we set, each with its unit, Scrapy's default and our reason.

``crawler.run`` sets above these what one run knows: USER_AGENT with the contact, DOWNLOAD_SLOTS from the
source files' ``download_delay`` (``crawler.politeness.download_slots``), PERILUNE_ALLOW_PRIVATE, logging.
"""

from __future__ import annotations

from importlib.metadata import version

from scrapy.settings import default_settings

BOT_NAME = "perilune"  # default "scrapybot"; names the run in logs
USER_AGENT = f"Perilune/{version('perilune')}"  # default Scrapy's name; crawler.run adds "(+PERILUNE_CONTACT)"
ROBOTSTXT_USER_AGENT = "Perilune"  # default None (the whole user agent, whose contact address could match a rule)
PERILUNE_CAPTURE = True  # ours; off only where nothing is archived (`perilune sources check`)
PERILUNE_RUN_FACTORY = "crawler.factory.opened_for"  # ours; opens a run when Scrapy was started without perilune
ADDONS = {"crawler.factory.RunSettings": 0}  # default none; what a run adds to this file, when Scrapy was so started

# What runs
SPIDER_LOADER_CLASS = "spiders.loader.SourceLoader"  # default finds classes; ours makes every source file a spider
SPIDER_MODULES: list[str] = []  # default []; the loader reads source files, not modules
SPIDER_MIDDLEWARES = {
    "crawler.leasing.LeasingMiddleware": 60
}  # default none; below HttpError (50), above Referer (700)
ITEM_PIPELINES = {
    "crawler.accounting.LedgerPipeline": 100,  # counts what goes in
    "pipelines.known.KnownPipeline": 200,
    "pipelines.workers.ExtractPipeline": 300,
    "pipelines.persist.PersistPipeline": 800,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,  # lets all pass when robots.txt fails
    "crawler.requisites.RequisiteMiddleware": 90,
    "crawler.robots.PoliteRobotsMiddleware": 100,
    "crawler.revisit.RevisitMiddleware": 450,  # after the default headers (400)
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.politeness.PoliteRetryMiddleware": 550,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "crawler.guard.GuardedMetaRefreshMiddleware": 580,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.guard.GuardedCompressionMiddleware": 590,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.guard.GuardedRedirectMiddleware": 600,
}
SHUT = (
    "scrapy.extensions.remote_control.RemoteControl",
    "scrapy.extensions.telnet.TelnetConsole",
)  # see the doors below
EXTENSIONS_BASE = {
    name: order for name, order in default_settings.EXTENSIONS_BASE.items() if name not in SHUT
}  # default holds these two, too: turned off they would be loaded all the same, with aiohttp, a sixth of a start
EXTENSIONS = {
    "scrapy.extensions.throttle.AutoThrottle": None,  # knows one least delay for all slots
    "crawler.politeness.PoliteThrottle": 0,
    "crawler.budget.Budget": 0,
    "crawler.halting.Halt": 0,
    "crawler.hostmemory.HostMemory": 0,
    "crawler.leasing.LockKeeper": 0,
    "crawler.progress.Progress": 0,
}
DOWNLOAD_HANDLERS = {
    "http": "crawler.capture.CapturingHandler",
    "https": "crawler.capture.CapturingHandler",
    "file": None,  # default reads local files: a redirect must never lead there
    "data": None,
    "ftp": None,
    "s3": None,
}

# Politeness
ROBOTSTXT_OBEY = True  # default False
PERILUNE_ROBOTS_TIMEOUT_S = 15.0  # s; ours; robots.txt is small, and every URL of the host waits for it
PERILUNE_CRAWL_DELAY_MAX_S = 120.0  # s; ours; a longer Crawl-delay counts as this, or one host would hold the run
PERILUNE_RETRY_AFTER_MAX_S = 120.0  # s; ours; a longer wait is not waited for: the URL stays due
PERILUNE_BACKOFF_S = 2.0  # s; ours; wait after 429 or 503 without Retry-After, doubled with each attempt
DOWNLOAD_DELAY = 1.0  # s; default 0; for slots that no source file speaks of
DOWNLOAD_DELAY_JITTER = 0.0  # share; default 0.5; it goes both ways, and a delay asked for is a minimum
AUTOTHROTTLE_ENABLED = True  # default False; a server that answers slowly is asked less often
AUTOTHROTTLE_MAX_DELAY = 5.0  # s; default 60; one page that took a minute must not hold up the next ones by as much
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0  # requests; default 1.0; one at a time on average
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"  # default Lifo: of two equal requests the older goes first
CONCURRENT_REQUESTS = 64  # default 16; requests waiting for their slot's delay count, and there are 60 sources
CONCURRENT_REQUESTS_PER_DOMAIN = 4  # default 8; only for slots without a delay: the others send one at a time
COOKIES_ENABLED = False  # default True; we are nobody's session, and tldextract would fetch its list
REFERER_ENABLED = True  # default True; says which feed or listing a request came from
HTTPPROXY_ENABLED = False  # default True; behind a proxy the address guard sees the proxy's address only

# Limits
DOWNLOAD_TIMEOUT = 60  # s in total, connecting and the slowest drip included; default 180
DOWNLOAD_MAXSIZE = 32 << 20  # bytes, as received and decoded; default 1 GiB lets one bomb take 1.1 GB of memory
DOWNLOAD_WARNSIZE = 16 << 20  # bytes; default 32 MiB, which would never warn
DOWNLOAD_FAIL_ON_DATALOSS = True  # default True; half an article is not archived (its bytes are, as truncated)
REDIRECT_MAX_TIMES = 8  # default 20; browsers give up at 20, honest chains have three
METAREFRESH_MAXDELAY = 5  # s; default 100; front pages that reload every minute are not redirects
URLLENGTH_LIMIT = 2083  # characters; default 2083; said here because longer URLs are dropped
REACTOR_THREADPOOL_MAXSIZE = 20  # threads; default 10; names are resolved in them, and 60 hosts start at once
TWISTED_DNS_RESOLVER = "crawler.guard.GuardedResolver"  # default resolves and connects to any address
PERILUNE_ALLOW_PRIVATE = False  # ours; from --allow-private and the environment: tests and the demo
MEMUSAGE_LIMIT_MB = 1500  # MB; default 0 (none); a leak ends this run in order, and the next one resumes
MEMUSAGE_WARNING_MB = 1000  # MB; default 0

# Failures
RETRY_TIMES = 2  # retries; default 2
RETRY_EXCEPTIONS = [
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadConnectionRefusedError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.ResponseDataLossError",
]  # default also time-outs and OSError: a slow drip would cost three time-outs; its URL stays due instead
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # default ERROR; the URL's reason is in the ledger

# Requests
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",  # Scrapy's default
    "Accept-Language": "en;q=0.8,*;q=0.5",  # default "en"; a publisher's own language must not be negotiated away
    "Accept-Encoding": "gzip, deflate",  # default also br and zstd: what neither pywb nor warcio reads everywhere
}

# Work
CONCURRENT_ITEMS = 4  # items a response; default 100 starts 100 tasks a response: 5.8 ms a page instead of 3.8
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"  # default; politeness sleeps with asyncio
STATS_DUMP = False  # default True; `perilune runs` shows what counts
LOGSTATS_INTERVAL = 0  # s; default 60; crawler.progress tells instead

# Doors that stay shut
REMOTE_CONTROL_ENABLED = False  # default True: a local server that runs Python posted to it
TELNETCONSOLE_ENABLED = False  # default True: a Python prompt on a port

# Extraction
PERILUNE_EXTRACT_WORKERS = 0  # processes; ours; 0: one a core that the run may use, four at most (100 MB each)
PERILUNE_EXTRACT_TIMEOUT_S = 30.0  # s a page; ours; the slowest real page measured took 4 s
PERILUNE_EXTRACT_MEMORY_BYTES = 2 << 30  # bytes of address space a worker; ours; a page of 32 MiB takes some 700 MB
