"""Is it an article? The gate between extraction and the archive: a named reason for every page that is none.

Pure rules on what was read of the page. Each names a class of pages; a page with a good length of prose is only
refused for what its own headings say, or when its prose is that of a list.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from archive.model import Extracted, PageFacts, Rejected
from archive.words import word_count
from pipelines.prose import squeezed

LEAST_WORDS = 20  # words, or so many characters of Chinese or Japanese: shorter, it is a caption or a heading
LONG_WORDS = 180  # words; walls, errors and log-ins are shorter
WALL_WORDS = 60  # words; a wall that explains itself has no more
LIST_SHARE = 0.5  # of the text that is teasers: more, and the page is a list
VIDEO_WORDS = 60  # words beside a player; more is an article with a video
SHELL_CHARS = 400  # visible characters of a page that a script would fill

NOT_FOUND = re.compile(
    r"""^\W*(?:(?:http\s)?(?:error|fehler|erreur|errore|ошибка|błąd|エラー)?\W*(?:code\W*)?404\b.{0,60}|(?:oops|ops|sorry|whoops|http)\W*404\b.{0,40}|.{0,40}\b(?:page|site|article|story|document|file|post|content)\b.{0,40}?\b(?:not\s(?:be\s)?(?:found|available|exist)|(?:doesn.?t|does\snot|no\slonger)\s(?:exist\w*|available)|(?:is|was|has\sbeen)\s(?:unavailable|removed|deleted|missing)|(?:could\snot|couldn.?t|cannot|can.?t)\sbe\sfound).{0,30}
    |(?:sorry|oops|whoops|uh.?oh)\b.{0,20}\b(?:we\s)?(?:can.?t|couldn.?t|can\s?not|could\snot|unable\sto)\s(?:find|locate)\b.{0,40}|not\sfound|nothing\s(?:was\s)?found.{0,30}|gone|(?:we\s)?(?:can.?t|couldn.?t|can\s?not|could\snot)\sfind\s(?:that|this|the|your)\s(?:page|article|story|content).{0,30}
    |.{0,30}(?:страниц\w+|материал|статья|документ|запись)\b.{0,30}\bне\s(?:найден\w*|существует|обнаружен\w*).{0,30}|.{0,20}(?:такой\s)?страницы\sнет.{0,30}
    |.{0,20}(?:ページ|記事|ファイル).{0,20}(?:見つかりません|存在しません|ありません|削除されました|みつかりません).{0,20}
    |.{0,20}(?:页面|頁面|网页|文章|内容|您访问的).{0,16}(?:不存在|未找到|找不到|已删除|没有找到|已被删除).{0,20}|找不到(?:页面|網頁|网页|頁面).{0,10}
    |.{0,20}(?:페이지|기사|문서).{0,16}(?:찾을\s수\s없|존재하지\s않|없습니다|삭제).{0,20}
    |.{0,30}(?:seite|artikel|inhalt|dokument)\b.{0,40}\bnicht\s(?:gefunden|verfügbar|vorhanden|mehr).{0,40}
    |.{0,30}(?:page|article|contenu)\b.{0,30}\b(?:introuvable|n.existe\s(?:pas|plus)|non\strouvée?).{0,30}
    |.{0,30}(?:página|artículo|contenido)\b.{0,30}\bno\s(?:encontrad[ao]|existe|disponible|se\sencuentra|se\sha\sencontrado).{0,30}
    |.{0,30}(?:pagina|articolo)\b.{0,30}\bnon\s(?:trovat[ao]|esiste|disponibile).{0,30}
    |.{0,30}(?:stron[ay]|artykuł)\b.{0,30}\bnie\s(?:została\s|został\s)?(?:znalezion[ay]|istnieje|znaleziono).{0,30}|nie\sznaleziono(?:\s.{0,30})?)\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
ERROR = re.compile(
    r"""^\W*(?:(?:http\s)?(?:error\s)?(?:50[0-4]|52\d)\b.{0,60}|internal\sserver\serror.{0,30}|(?:server|application|runtime|fatal|parse|php|database)\serror\b.{0,80}|bad\sgateway|gateway\stime-?out|(?:the\s)?service\s(?:is\s)?(?:temporarily\s)?unavailable.{0,40}|.{0,30}(?:down\sfor|under|undergoing|scheduled|briefly\sunavailable\sfor\sscheduled)\smaintenance.{0,40}|error\sestablishing\sa\sdatabase\sconnection|(?:an|unknown)\s(?:unexpected\s)?error\s(?:has\s)?occurr?ed.{0,40}|something\s(?:went|has\sgone)\swrong.{0,30}|there\shas\sbeen\sa\scritical\serror.{0,60}|traceback\s\(most\srecent.{0,60}|whitelabel\serror\spage|site\sunder\sconstruction
    |(?:внутренняя\s)?ошибка\s(?:сервера|приложения|базы\sданных|50\d).{0,40}|сайт\s(?:временно\s)?недоступен.{0,40}|.{0,20}технические\sработы.{0,30}|(?:ただいま)?メンテナンス中.{0,20}|サーバーエラー.{0,20}|服务器(?:内部)?错误.{0,20}|系统维护.{0,20}|서버\s오류.{0,20}|(?:interner\s)?serverfehler.{0,30}|wartungs(?:arbeiten|modus).{0,30}|erreur\s(?:interne\s)?(?:du\s)?serveur.{0,30}|error\s(?:interno\s)?del\sservidor.{0,30}|errore\s(?:interno\s)?del\sserver.{0,30}|błąd\sserwera.{0,30})\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
BLOCKED = re.compile(
    r"""just\sa\smoment\b|attention\srequired!?|access\s(?:to\sthis\spage\shas\sbeen\s)?denied|(?:verify|confirm|prove)\s(?:that\s)?you(?:\sare|.re)\s(?:not\sa\s(?:ro)?bot|(?:a\s)?human)|are\syou\s(?:a\s(?:ro)?bot|(?:a\s)?human)\b|checking\s(?:your\sbrowser|if\sthe\ssite\sconnection)|pardon\sour\sinterruption|request\s(?:unsuccessful|blocked|rejected)|unusual\s(?:traffic|activity)\sfrom|security\s(?:check|verification)\b|you\shave\sbeen\sblocked|ddos(?:\s|-)(?:protection|guard)|complete\sthe\scaptcha|enter\sthe\scharacters\syou\ssee|(?:403|error\s403)\W{0,3}forbidden|you\sdon.t\shave\spermission\sto\saccess|too\smany\srequests|not\savailable\sin\syour\s(?:country|region)
    |подтвердите,?\sчто\s(?:вы\s)?(?:запросы\sотправляли\sвы|не\sробот|вы\sчеловек)|вы\sне\sробот|доступ\s(?:ограничен|запрещ[её]н|заблокирован)|проверка\sбраузера|アクセスが(?:拒否|制限|禁止)|ロボットではありません|访问(?:被拒绝|受限|验证)|安全(?:验证|检查)|人机验证|접근이\s(?:거부|차단)|로봇이\s아닙니다|zugriff\s(?:verweigert|blockiert)|sind\ssie\sein\smensch|accès\s(?:refusé|bloqué|interdit)|acceso\s(?:denegado|bloqueado)|accesso\s(?:negato|bloccato)|odmowa\sdostępu""",
    re.IGNORECASE | re.VERBOSE,
)
CONSENT = re.compile(
    r"""before\syou\scontinue|we\s(?:value|care\sabout|respect)\syour\sprivacy|your\sprivacy\s(?:choices|settings|matters)|cookie\s(?:consent|settings|preferences|wall|notice)|accept\s(?:all\s)?(?:cookies\s)?(?:and|to)\scontinue|manage\s(?:your\s)?(?:cookie|consent|privacy)|consent\sto\s(?:the\suse\sof|our)|we\s(?:and\sour\s\d*\s?(?:partners|vendors)\s)?use\s(?:\w+\s)?cookies|your\sconsent\b|privacy\scent(?:er|re)|gdpr\sconsent
    |(?:мы\s)?использу(?:ем|ет)\s(?:файлы\s)?(?:cookie|куки)|(?:当サイトでは|このサイトは)?(?:クッキー|Cookie)を?(?:使用|利用)|使用\s?cookie|쿠키를?\s사용|wir\s(?:und\sunsere\s\w+\s)?(?:verwenden|nutzen|benötigen)\s(?:\w+\s){0,3}(?:cookies|ihre\szustimmung)|mit\swerbung\sweiterlesen|zustimmung\serforderlich|ihre\szustimmung|nous\s(?:et\snos\s\w+\s)?utilisons\sdes\scookies|continuer\ssans\saccepter|votre\sconsentement|(?:nosotros\sy\s)?(?:nuestros\ssocios\s)?(?:usamos|utilizamos)\scookies|tu\sconsentimiento|(?:utilizziamo|usiamo)\si?\s?cookie|il\stuo\sconsenso|(?:używamy|korzystamy\sz)\s(?:plików\s)?cookie|twoja\szgoda""",
    re.IGNORECASE | re.VERBOSE,
)
LOGIN = re.compile(
    r"""\b(?:log|sign)\s?-?in\b|\blog\son\b|sign\sup\sto\s(?:read|continue)|create\san\saccount|forgot\s(?:your\s)?password|войти|авториз|ログイン|登录|登入|로그인|anmelden|einloggen|se\sconnecter|connexion|iniciar\ssesión|accedi|zaloguj""",
    re.IGNORECASE | re.VERBOSE,
)
LIST_TITLE = re.compile(
    r"""^\W*(?:(?:category|tag|topic|author|archives?|posts\s(?:by|tagged)|articles\s(?:by|tagged)|all\sposts|search\sresults?(?:\sfor)?|browsing|рубрика|метка|тег|архив|результаты\sпоиска|カテゴリー?|タグ|検索結果|标签|分类|搜索结果|kategorie|schlagwort|archiv|suchergebnisse|catégorie|étiquette|résultats|categoría|etiqueta|archivos?|resultados|categoria|risultati|kategoria|wyniki)\s?[:：\-–]\s?.{0,80}|(?:archives?|search\sresults?)(?:\sfor\s.{0,80})?|(?:latest|all|recent|more|press|news)?\s?(?:news|articles|stories|posts|updates|press\sreleases|releases|headlines|blog)(?:\s(?:archive|room|and\sevents|page\s\d+))?|page\s\d+(?:\sof\s\d+)?|.{0,60}\barchives?|новости|все\sновости|лента\sновостей|пресс-релизы|архив(?:\sновостей)?|ニュース|新着情報|プレスリリース|お知らせ|新闻(?:中心|列表|动态)?|뉴스|보도자료|nachrichten|aktuelles|pressemitteilungen|actualités|communiqués|noticias|notizie|aktualności)\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
LIST_PATH = re.compile(
    r"^/(?:(?:[\w-]+/)*(?:tags?|topics?|categor(?:y|ies)|authors?|archives?|search|rubric|label)/[^/]+(?:/page/\d+)?/?|(?:[\w-]+/)*page/\d+/?|(?:search|archive|archives|sitemap|index)(?:\.\w+)?/?)?$",
    re.IGNORECASE,
)


def assess(extracted: Extracted, *, url: str) -> Rejected | None:
    """Why the page is no article, by the most telling rule first; None when it is one."""
    words = word_count(extracted.text)
    facts = extracted.facts
    is_short = words < LONG_WORDS
    return (
        walled(extracted, facts, words)
        or (faulty(facts, words) if is_short or not facts.is_article else None)
        or listed(extracted, facts, words, url)
        or thin(facts, words)
    )


def walled(extracted: Extracted, facts: PageFacts, words: int) -> Rejected | None:
    """A captcha, a consent wall, a log-in: short pages that stand before another."""
    if words >= LONG_WORDS:
        return None
    headings = " · ".join(facts.headings)
    said = f"{headings} · {facts.opening[:600]}"
    if (hit := blocked_heading(facts.headings)) or (words < WALL_WORDS and (hit := BLOCKED.search(said))):
        return rejected("block_page", hit.group())
    if facts.has_challenge and words < LEAST_WORDS:
        return rejected("block_page", "captcha")
    consents = CONSENT.findall(f"{headings} · {extracted.text}") + CONSENT.findall(facts.opening)
    if CONSENT.search(headings) or (len(consents) >= 2 and not extracted.dates) or (consents and words < LEAST_WORDS):
        return rejected("consent_wall", consents[0] if consents else "")
    if LOGIN.search(headings) and (facts.has_password or words < LEAST_WORDS):
        return rejected("login", "headed as a log-in")
    if facts.has_password and words < 2 * LEAST_WORDS and LOGIN.search(said):
        return rejected("login", "asks for a password")
    return None


def blocked_heading(headings: tuple[str, ...]) -> re.Match[str] | None:
    """A heading that says little else than that access is checked or denied; an article's says of what and why."""
    hits = ((heading, BLOCKED.search(heading)) for heading in headings[1:])
    return next((hit for heading, hit in hits if hit and len(heading) <= 2 * len(hit.group()) + 12), None)


def faulty(facts: PageFacts, words: int) -> Rejected | None:
    """An error served as a page: what a heading or the first sentence says, and nothing else beside it."""
    said = [*facts.headings]
    if words < LONG_WORDS // 2:
        said += re.split(r"(?<=[.!?。！？])\s*", facts.opening[:300])[:3]
    for line in said:
        if len(line) <= 120 and NOT_FOUND.match(line):
            return rejected("soft_404", line)
        if len(line) <= 120 and ERROR.match(line):
            return rejected("error_page", line)
    return None


def listed(extracted: Extracted, facts: PageFacts, words: int, url: str) -> Rejected | None:
    """A page of links to articles: its text is teasers, or its heading and its links say so."""
    parts = urlsplit(url)
    is_list_path = LIST_PATH.match(parts.path) is not None and not parts.query
    is_list_title = any(LIST_TITLE.match(heading) for heading in (extracted.title, *facts.headings[1:2]) if heading)
    share = teaser_share(extracted.text, facts.teasers)
    if share >= LIST_SHARE:
        return rejected("listing", f"{len(facts.teasers)} teasers make {share:.0%} of the text")
    is_linked = 2 * facts.linked_chars >= facts.visible_chars
    signs = sum(
        (is_list_path, is_list_title, facts.is_collection, is_linked, len(facts.teasers) >= 6, share >= LIST_SHARE / 2)
    )
    is_named = is_list_path or is_list_title
    is_prose = words >= LONG_WORDS and (facts.is_article or bool(extracted.dates))
    if (is_named and signs >= 3 and not is_prose) or (signs >= 2 and words < LONG_WORDS and not extracted.dates):
        return rejected("listing", "address, heading and links are those of a list")
    return None


def teaser_share(text: str, teasers: tuple[str, ...]) -> float:
    """Share of the text's characters that stand in teasers."""
    if not text or not teasers:
        return 0.0
    whole = "\n".join(squeezed(teaser) for teaser in teasers)
    blocks = [squeezed(block) for block in text.split("\n") if block.strip()]
    return sum(len(block) for block in blocks if block[:80] in whole) / max(1, sum(map(len, blocks)))


def thin(facts: PageFacts, words: int) -> Rejected | None:
    """Too little text, and what kind of page that makes it."""
    if words == 0 and facts.visible_chars < SHELL_CHARS and not facts.players:
        return rejected(
            "empty_shell" if facts.has_shell or facts.visible_chars else "empty", f"{facts.visible_chars} characters"
        )
    if facts.players and words < VIDEO_WORDS and (words < LEAST_WORDS or not facts.is_article):
        return rejected("video_only", f"{words} words beside a player")
    if words < LEAST_WORDS and facts.has_shell:
        return rejected("empty_shell", f"{words} words in a shell")
    if words < LEAST_WORDS:
        return rejected("too_short" if words else "empty", f"{words} words")
    return None


def rejected(reason: str, detail: str) -> Rejected:
    return Rejected(reason=reason, detail=" ".join(detail.split())[:120])
