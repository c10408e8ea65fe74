# ruff: noqa: E501  # pages are data
"""Pages that are no articles, as sites serve them with status 200 where an article was announced; by reason.

Written for the quality gate: its tests hold it to every one of them, and the gate's benchmark counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

NUMBER = count(1)
NAV = (
    '<header><a href="/">Perigee Post</a><nav><ul><li><a href="/launches">Launches</a></li><li><a href="/science">'
    'Science</a></li><li><a href="/policy">Policy</a></li><li><a href="/about">About</a></li></ul></nav></header>'
)
FOOTER = '<footer><p>© 2025 Perigee Post. All rights reserved.</p><a href="/privacy">Privacy policy</a></footer>'
HEADLINES = (
    "Kestrel lander sends first pictures from the polar plateau",
    "Second stage of the Marlin rocket passes its long burn",
    "Radio telescope in the highlands hears a repeating source",
    "Ministers agree on a fund for removing old satellites",
    "Astronauts replace the pump that failed in the spring",
    "New ground station opens a window to deep space",
    "Students build a spectrometer for next year's balloon",
    "Probe wakes up after three years of cruise",
)
EXCERPT = "The team said that the result came earlier than planned and that a full report will follow within weeks."


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """A page that must be refused, and for what."""

    reason: str
    name: str
    html: str
    url: str = "https://perigee.example/2025/03/12/kestrel-lander-pictures"


def page(title: str, body: str, *, lang: str = "en", head: str = "", body_class: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f'<body class="{body_class}">{NAV}<main>{body}</main>{FOOTER}</body></html>'
    )


def bare(title: str, body: str, *, head: str = "") -> str:
    return f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def not_found(name: str, title: str, heading: str, text: str, lang: str = "en") -> Negative:
    return Negative(reason="soft_404", name=name, html=page(title, f"<h1>{heading}</h1><p>{text}</p>", lang=lang))


def cards(tag: str = "article") -> str:
    return "".join(
        f'<{tag} class="card"><h2><a href="/2025/03/{place}/story">{headline}</a></h2><p>{EXCERPT}</p>'
        f'<time datetime="2025-03-{place:02}">March {place}, 2025</time></{tag}>'
        for place, headline in enumerate(HEADLINES, 1)
    )


RECENT = "<h2>Recent stories</h2><ul>" + "".join(
    f'<li><a href="/s/{place}">{headline}</a></li>' for place, headline in enumerate(HEADLINES)
) + "</ul>"  # fmt: skip

NEGATIVES: tuple[Negative, ...] = (
    # Error 404, served as 200
    not_found("wordpress", "Page not found - Perigee Post", "Oops! That page can’t be found.",
              "It looks like nothing was found at this location. Maybe try a search?"),
    not_found("short", "404", "404", "Not Found"),
    not_found("error code first", "Error 404 | Perigee Post", "Error 404", "The requested URL was not found on this server."),
    not_found("polite", "Perigee Post", "Sorry, we can't find that page",
              "The page you are looking for may have been moved, renamed or deleted."),
    not_found("no longer there", "Article no longer available", "This article is no longer available",
              "The story was taken down by its publisher. Here are others that you may like."),
    Negative(reason="soft_404", name="with recent stories",
             html=page("Page not found", f"<h1>This page doesn't exist</h1><p>Try one of these.</p>{RECENT}")),
    not_found("Russian", "Страница не найдена — Вестник орбиты", "Страница не найдена",
              "Возможно, она была удалена или перенесена. Воспользуйтесь поиском по сайту.", "ru"),
    not_found("Japanese", "ページが見つかりません | 星海通信", "お探しのページは見つかりませんでした",
              "ページが移動または削除された可能性があります。", "ja"),
    not_found("Chinese", "页面不存在 - 航天新闻网", "您访问的页面不存在", "该页面可能已被删除或更名，请返回首页。", "zh"),
    not_found("Korean", "페이지를 찾을 수 없습니다", "페이지를 찾을 수 없습니다", "주소가 바뀌었거나 삭제되었습니다.", "ko"),
    not_found("German", "Seite nicht gefunden - Raumfahrtblatt", "Die Seite wurde nicht gefunden",
              "Die gewünschte Seite existiert nicht oder wurde verschoben.", "de"),
    not_found("French", "Page introuvable | Le Périgée", "Cette page n'existe pas",
              "Elle a peut-être été déplacée ou supprimée.", "fr"),
    not_found("Spanish", "Página no encontrada - El Perigeo", "La página no existe",
              "Es posible que haya sido eliminada o que la dirección sea incorrecta.", "es"),
    not_found("Italian", "Pagina non trovata | Il Perigeo", "Pagina non trovata", "La pagina cercata non esiste più.", "it"),
    not_found("Polish", "Nie znaleziono strony", "Strona nie została znaleziona", "Strona mogła zostać usunięta.", "pl"),
    # The server's own trouble, served as 200
    Negative(reason="error_page", name="asp.net",
             html=bare("Server Error in '/' Application.", "<h1>Server Error in '/' Application.</h1><h2>Object reference "
                       "not set to an instance of an object.</h2><pre>[NullReferenceException] News.Page_Load() +214</pre>")),
    Negative(reason="error_page", name="database", html=bare("Database Error", "<h1>Error establishing a database connection</h1>")),
    Negative(reason="error_page", name="bad gateway", html=bare("502 Bad Gateway", "<center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>")),
    Negative(reason="error_page", name="critical",
             html=bare("Perigee Post › Error", '<div class="wp-die-message"><p>There has been a critical error on this website.</p></div>')),
    Negative(reason="error_page", name="maintenance",
             html=bare("Maintenance", "<h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1>")),
    Negative(reason="error_page", name="Russian",
             html=bare("Ошибка сервера", "<h1>Внутренняя ошибка сервера</h1><p>Мы уже чиним. Зайдите позже.</p>")),
    # Walls
    Negative(reason="block_page", name="browser check",
             html=bare("Just a moment...", "<h1>perigee.example</h1><p>Checking if the site connection is secure</p>"
                       '<div id="cf-challenge"></div><p>perigee.example needs to review the security of your connection.</p>')),
    Negative(reason="block_page", name="captcha",
             html=page("Perigee Post", '<h1>Are you a human?</h1><p>Please tick the box to go on reading.</p><div class="g-recaptcha"></div>')),
    Negative(reason="block_page", name="denied",
             html=bare("Access Denied", "<h1>Access Denied</h1><p>You don't have permission to access this page on this "
                       "server. Reference #18.2d4</p>")),
    Negative(reason="block_page", name="Russian",
             html=bare("Ой!", "<h1>Подтвердите, что запросы отправляли вы, а не робот</h1><p>Нам очень жаль, но запросы с вашего "
                       "устройства похожи на автоматические.</p>")),
    Negative(reason="consent_wall", name="before you continue",
             html=page("Before you continue", "<h1>Before you continue to Perigee Post</h1><p>We use cookies and data to "
                       "deliver and maintain our services, track outages and measure audience engagement. If you choose to "
                       "accept all, we will also use cookies to show personalised content and advertising.</p>"
                       "<form><button>Accept all</button><button>Reject all</button></form>")),
    Negative(reason="consent_wall", name="we value your privacy",
             html=bare("Perigee Post", "<div><h2>We value your privacy</h2><p>We and our 842 partners store and access "
                       "information on a device, such as cookies, and process personal data for personalised advertising, "
                       "content measurement and audience research.</p><p>With your consent we may use precise location data."
                       "</p><button>Agree</button></div>")),
    Negative(reason="consent_wall", name="German",
             html=bare("Raumfahrtblatt", "<h1>Mit Werbung weiterlesen</h1><p>Wir verwenden Cookies und andere Verfahren. Mit "
                       "Ihrer Zustimmung verarbeiten wir und unsere Partner Daten für Anzeigen und Messungen.</p>")),
    Negative(reason="login", name="sign in",
             html=page("Sign in", '<h1>Sign in to your account</h1><form><label>Email <input name="email"></label><label>Password '
                       '<input type="password" name="p"></label></form><p>Forgot your password? No account yet? Register.</p>')),
    Negative(reason="login", name="WordPress",
             html=bare("Log In ‹ Perigee Post — WordPress", '<form><label>Username or Email Address <input name="log"></label>'
                       '<label>Password <input type="password" name="pwd"></label></form><p>Lost your password?</p>')),
    Negative(reason="login", name="Russian",
             html=page("Вход", '<h1>Войти на сайт</h1><form><input name="login"><input type="password" name="pw"></form><p>Забыли пароль?</p>', lang="ru")),
    # Lists
    Negative(reason="listing", name="blog of cards", html=page("Latest news - Perigee Post", f"<h1>Latest news</h1>{cards()}")),
    Negative(reason="listing", name="cards of divs without a heading", html=page("Perigee Post", f'<div class="grid">{cards("div")}</div>')),
    Negative(reason="listing", name="headlines alone",
             html=page("News", "<h1>News</h1>" + "".join(f'<div class="card"><h2><a href="/{n}">{h}</a></h2></div>' for n, h in enumerate(HEADLINES)))),
    Negative(reason="listing", name="tag page", url="https://perigee.example/tag/landers/",
             html=page("landers Archives - Perigee Post", f"<h1>Tag: landers</h1>{cards()}", body_class="archive tag tag-landers")),
    Negative(reason="listing", name="category as a list", url="https://perigee.example/category/science/",
             html=page("Science", f"<h1>Category: Science</h1>{RECENT}", body_class="archive category")),
    Negative(reason="listing", name="search results", url="https://perigee.example/search/lander",
             html=page("Search results for lander", f"<h1>Search results for: lander</h1>{cards()}", body_class="search search-results")),
    Negative(reason="listing", name="home page", url="https://perigee.example/", html=page("Perigee Post", cards(), body_class="home blog")),
    # Little or nothing
    Negative(reason="empty_shell", name="React",
             html=bare("Perigee Post", '<div id="root"></div><noscript>You need to enable JavaScript to run this app.</noscript>',
                       head='<script defer src="/static/app.js"></script>')),
    Negative(reason="empty_shell", name="call for JavaScript",
             html=bare("Perigee Post", '<div id="app"></div><p>Please enable JavaScript to view this site.</p>')),
    Negative(reason="empty", name="refresh", html='<html><head><meta http-equiv="refresh" content="0; url=/"></head><body></body></html>'),
    Negative(reason="video_only", name="element",
             html=page(HEADLINES[0], f'<h1>{HEADLINES[0]}</h1><video controls src="/clip.mp4"></video><p>Watch: 1 min 12 s</p>')),
    Negative(reason="video_only", name="frame",
             html=page(HEADLINES[1], f'<h1>{HEADLINES[1]}</h1><iframe src="https://www.youtube.com/embed/abc"></iframe><p>Recorded on '
                       "Tuesday at the test stand in the desert.</p>")),
    Negative(reason="too_short", name="a caption", html=page(HEADLINES[2], f'<h1>{HEADLINES[2]}</h1><img src="/a.jpg"><p>The dish at dusk.</p>')),
)  # fmt: skip
