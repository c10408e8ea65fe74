"""What sites say around their articles, in the languages we archive. Data, with the rules that read it.

A phrase must be the whole line (or heading), not part of a sentence: an article may be about newsletters.
"""

from __future__ import annotations

import re

from pipelines.prose import begin_of_line

# Headings that open a block of chrome: everything up to the next heading belongs to them.
CHROME_HEADINGS = """
    popular categories|categories|popular posts|popular articles|popular stories|most popular|most read|most viewed|trending|trending now|top stories
    search the website|search the site|search this site|search|site search|search our site
    related|related articles|related posts|related stories|related news|related content|related topics|related links|related reading|related coverage
    recent posts|recent articles|recent news|latest news|latest posts|latest articles|latest stories|latest|more news|more stories|more from|more articles
    read more|read next|read also|further reading|explore further|keep reading|you may also like|you might also like|recommended|recommended for you|recommended stories|up next|don't miss|editor's picks|more like this|see also|more on this topic|more on this story
    share|share this|share this article|share this post|share this story|share on|follow us|follow|connect with us|stay connected|social media|like this
    newsletter|newsletters|sign up for our newsletter|subscribe to our newsletter|subscribe|subscribe now|join our newsletter|get our newsletter|stay informed|stay up to date|mailing list|newsletter signup
    comments|leave a reply|leave a comment|post a comment|join the conversation|join the discussion|discussion|member discussion|what do you think
    tags|topics|filed under|tagged|archives|archive|meta|navigation|menu|site map|sitemap|quick links|useful links|links
    about the author|about author|author|about us|contact us|advertisement|advertisements|sponsored|sponsored content|our sponsors|partners
    media contact|media contacts|press contact|press contacts|contact|contacts|for more information|pressekontakt|ansprechpartner|contact presse|contacts presse|contacto de prensa|contatti stampa|kontakt dla mediów|контакты для сми|контакты для прессы|本件に関するお問い合わせ先|お問い合わせ先|問い合わせ先|お問い合わせ|本件に関する問い合わせ先|联系方式|媒体联系|문의|문의처
    support us|donate|become a member|webring|calendar|blogroll|feeds|rss
    популярное|популярные категории|популярные рубрики|рубрики|категории|поиск|поиск по сайту|читайте также|читать также|похожие статьи|похожие новости|похожие записи|новости по теме|по теме|материалы по теме|другие новости|последние новости|свежие записи|поделиться|поделитесь|подписаться|подпишитесь|подписка|комментарии|добавить комментарий|оставить комментарий|теги|метки|архив|архивы|главное|самое читаемое|лента новостей|мы в соцсетях|об авторе|реклама
    関連記事|関連ニュース|関連リンク|関連情報|人気記事|人気の記事|アクセスランキング|ランキング|カテゴリー|カテゴリ|検索|サイト内検索|最新記事|最近の投稿|新着記事|タグ|アーカイブ|シェア|共有|コメント|コメントを残す|お問い合わせ|おすすめ記事|あわせて読みたい|メールマガジン|この記事をシェア
    相关文章|相关新闻|相关阅读|相关链接|相关推荐|热门文章|热门分类|热门新闻|热门推荐|推荐阅读|延伸阅读|分类|分类目录|搜索|站内搜索|最新文章|最新新闻|近期文章|标签|分享|分享到|评论|发表评论|订阅|友情链接|相關文章|相關新聞|延伸閱讀|熱門文章|推薦閱讀|搜尋|標籤|分享至
    관련 기사|관련기사|관련 뉴스|인기 기사|많이 본 뉴스|카테고리|검색|최신 기사|최신 뉴스|태그|공유|공유하기|댓글|구독|추천 기사
    beliebte kategorien|kategorien|suche|website durchsuchen|ähnliche artikel|ähnliche beiträge|verwandte artikel|verwandte themen|mehr zum thema|weitere artikel|weitere themen|weitere nachrichten|meistgelesen|beliebt|beliebte artikel|beliebte beiträge|neueste beiträge|neueste artikel|letzte beiträge|teilen|diesen artikel teilen|artikel teilen|newsletter abonnieren|abonnieren|kommentare|kommentar hinterlassen|schreibe einen kommentar|schlagwörter|archiv|folgen sie uns|lesen sie auch|auch interessant|das könnte sie auch interessieren|über den autor|anzeige|werbung
    catégories|catégories populaires|rechercher|recherche|rechercher sur le site|articles similaires|articles liés|articles connexes|à lire aussi|à lire également|lire aussi|sur le même sujet|dans la même rubrique|les plus lus|articles récents|derniers articles|dernières actualités|partager|partager cet article|partagez|s'abonner|abonnez-vous|s'inscrire à la newsletter|commentaires|laisser un commentaire|mots-clés|étiquettes|suivez-nous|à propos de l'auteur|publicité|nous suivre
    categorías|categorías populares|buscar|buscar en el sitio|artículos relacionados|noticias relacionadas|entradas relacionadas|relacionados|te puede interesar|también te puede interesar|lea también|lee también|lo más leído|lo más visto|más leídas|últimas noticias|entradas recientes|compartir|comparte|comparte esto|suscríbete|suscribirse|boletín|comentarios|deja un comentario|deja una respuesta|etiquetas|síguenos|sobre el autor|publicidad|más noticias
    categorie|categorie popolari|cerca|cerca nel sito|articoli correlati|articoli simili|notizie correlate|leggi anche|potrebbe interessarti|potrebbe interessarti anche|i più letti|più letti|ultime notizie|articoli recenti|condividi|condividi su|iscriviti|iscriviti alla newsletter|commenti|lascia un commento|tag|seguici|informazioni sull'autore|pubblicità
    kategorie|popularne kategorie|szukaj|szukaj na stronie|wyszukiwarka|podobne artykuły|powiązane artykuły|powiązane|czytaj także|czytaj też|czytaj więcej|zobacz także|zobacz też|przeczytaj także|najczęściej czytane|najpopularniejsze|najnowsze|najnowsze wpisy|ostatnie wpisy|udostępnij|podziel się|subskrybuj|zapisz się|komentarze|dodaj komentarz|zostaw komentarz|tagi|obserwuj nas|o autorze|reklama
"""
HEADINGS = frozenset(phrase.strip() for phrase in CHROME_HEADINGS.replace("\n", "|").split("|") if phrase.strip())
FIRST_WORDS = frozenset(phrase.split()[0] for phrase in HEADINGS)
LETTERS = re.compile(r"[^\W_]+")
FIRST_LETTERS = frozenset(found[0] for word in FIRST_WORDS if (found := LETTERS.match(word)))

# Lines that are chrome wherever they stand at the head or tail of a text. Whole line, case folded.
LINES = re.compile(
    r"""^(?:
      (?:share|tweet|print|email|e-mail|pin\ it|copy\ link|facebook|twitter|x|linkedin|whatsapp|telegram|reddit|pinterest|instagram|youtube|bluesky|mastodon|threads|like|save|listen)
    | (?:click\ (?:here\ )?to\ )?share\ (?:this|on|via|with)\b.{0,60}
    | (?:please\ )?(?:follow|like|find|join)\ us\ (?:on|at)\b.{0,120}
    | (?:sign\ up|subscribe|register)\b.{0,30}\b(?:newsletters?|updates|mailing\ list|podcast|channel|emails?|inbox)\b.{0,120}
    | (?:get|receive)\ (?:the|our|all)\b.{0,60}\b(?:newsletter|inbox|email)\b.{0,80}
    | (?:read|see|view|show|load|learn|find\ out|discover)\ (?:more|all|also|next)(?:\ ?[:»›>→….-].{0,160})?
    | (?:related|also\ read|read\ also|see\ also|more|explore\ further|further\ reading|recommended)\s?[:»›→].{0,200}
    | (?:tags?|topics?|categories|category|filed\ under|posted\ in|tagged(?:\ with)?|keywords)\s?[:].{0,300}
    | .{0,160}\bwe\ (?:may|might|can|will|could)\ (?:earn|receive|get)\ (?:a|an|some)?\ ?(?:small\ |affiliate\ )?(?:commissions?|affiliate).{0,120}
    | this\ (?:entry|post|article|item)\ was\ (?:posted|published|filed)\b.{0,300}
    | (?:posted|published|updated|last\ updated|last\ modified|first\ published)\s?(?:on|at|by|:).{0,80}
    | (?:copyright|©|\(c\)).{0,160}|.{0,60}all\ rights\ reserved\.?.{0,60}
    | (?:sources?|via|credits?|(?:media|press)\ contacts?|image\ credit|photo\ credit|quelle|fuente|fonte|источник|出典|来源)\s?[:：].{0,120}
    | (?:back\ to|return\ to)\ (?:the\ )?(?:top|home|homepage|front\ page|news|list|index).{0,80}
    | (?:leave|post|add|write)\ a\ (?:reply|comment).{0,60}|(?:no|\d+)\ comments?|comments?\ (?:are\ )?closed.{0,60}|(?:comments?\ )?\(\d+\)
    | advertisements?|sponsored(?:\ content)?|(?:article\ )?continues\ (?:after|below)\ (?:the\ )?(?:ad|advertisement)s?.{0,40}|story\ continues\ below.{0,40}|skip\ (?:to|past)\b.{0,60}
    | (?:previous|next|older|newer)(?:\ (?:article|post|story|entry|page))?(?:\s?[:»›→«‹←].{0,160})?|[«‹←]\s?.{0,100}|.{0,100}\s?[»›→]
    | (?:photo|image|picture)?\s?(?:gallery|slideshow)|\d+\s?min(?:ute)?s?\ (?:read|de\ lecture|di\ lettura).{0,20}|reading\ time.{0,40}
    | (?:sign|log)\ in\ or\ (?:create|register|sign)\b.{0,60}|(?:would\ you\ like|you\ must\ .{0,60})\ (?:to|before)\ comment(?:ing)?\b.{0,120}|join\ (?:our|the)\ comment(?:ing|s)\b.{0,60}
    | follow\ [\w\ ]{2,30}\ on\ google\ news\b.{0,160}
    | (?:print|text)\ (?:version|size|article)|e-?mail\ (?:this|to\ a\ friend).{0,40}
    | (?:поделиться|поделитесь|твитнуть|распечатать|версия\ для\ печати|печать|отправить)(?:\s.{0,60})?|подпи(?:сывайтесь|шитесь|саться)\b.{0,160}|читайте\ также.{0,200}|(?:теги|метки|рубрика|рубрики|ключевые\ слова|источник\ фото|просмотров|просмотры)\s?[:].{0,200}|(?:оставить|добавить|написать)\ комментарий.{0,80}|комментари(?:и|ев)\b.{0,30}|все\ права\ защищены.{0,80}|.{0,60}нет\ комментариев.{0,30}|нашли\ (?:ошибку|опечатку).{0,160}
    | (?:シェア|ツイート|印刷|ブックマーク|共有)(?:する)?|関連(?:記事|リンク|ニュース|情報)(?:[:：].{0,160})?|(?:タグ|カテゴリー?)[:：].{0,200}|続きを読む|もっと(?:見る|読む)|(?:この)?(?:ページ|記事)の(?:先頭|トップ)へ.{0,20}|トップ(?:ページ)?(?:へ|に)戻る|一覧(?:へ|に)(?:戻る)?|コメント(?:を(?:残す|書く))?.{0,10}|無断転載.{0,60}|(?:本件に関する)?(?:お)?問い?合わせ先?[:：]?.{0,120}
    | 分享(?:到|至)?[:：]?.{0,60}|(?:打印|收藏|评论|点赞|關注|关注我们|责任编辑|責任編輯|编辑|责编|审核)(?:[:：].{0,60})?|(?:标签|標籤|关键词|分类|来源)[:：].{0,160}|相关(?:阅读|文章|新闻|链接|推荐)[:：]?.{0,160}|上一篇.{0,120}|下一篇.{0,120}|返回(?:顶部|首页|列表).{0,10}|扫一扫.{0,60}|版权(?:所有|声明).{0,160}
    | (?:공유|공유하기|인쇄|댓글|목록|구독)(?:\s?\d+)?|관련\ ?(?:기사|뉴스).{0,160}|무단\ ?전재.{0,80}|저작권자.{0,80}
    | (?:teilen|drucken|merken|kommentieren)(?:\s.{0,40})?|(?:lesen\ sie\ auch|mehr\ zum\ thema|zum\ thema|auch\ interessant|weiterlesen)\b.{0,200}|(?:schlagw(?:ö|oe)rter|stichw(?:ö|oe)rter|themen|kategorien?)\s?[:].{0,200}|zur(?:ü|ue)ck\ zur?\b.{0,60}|nach\ oben|newsletter\ abonnieren.{0,80}
    | (?:partager|imprimer|envoyer|commenter)(?:\s.{0,40})?|(?:lire\ aussi|à\ lire\ aussi|lire\ la\ suite|voir\ aussi|sur\ le\ même\ sujet)\b.{0,200}|(?:mots[- ]clés|étiquettes|catégories?|rubrique)\s?[:].{0,200}|tous\ droits\ réservés.{0,60}|retour\ (?:à|au|en)\b.{0,60}|abonnez-vous\b.{0,120}|inscrivez-vous\b.{0,120}
    | (?:compartir|imprimir|enviar|comentar|comparte)(?:\s.{0,40})?|(?:lea|lee)\ también.{0,200}|(?:te|le)\ puede\ interesar.{0,200}|(?:etiquetas|temas|categorías?|archivado\ en)\s?[:].{0,200}|todos\ los\ derechos\ reservados.{0,60}|suscríbe(?:te|se)\b.{0,120}|síguenos\b.{0,120}|volver\ (?:a|al|arriba)\b.{0,60}
    | (?:condividi|stampa|invia|commenta)(?:\s.{0,40})?|(?:leggi\ anche|leggi\ tutto|potrebbe\ interessarti)\b.{0,200}|(?:tag|etichette|categori[ae]|argomenti)\s?[:].{0,200}|tutti\ i\ diritti\ riservati.{0,60}|riproduzione\ riservata.{0,60}|iscriviti\b.{0,120}|seguici\b.{0,120}|torna\ (?:a|al|alla|su)\b.{0,60}
    | (?:udostępnij|drukuj|skomentuj|podziel\ się)(?:\s.{0,40})?|(?:czytaj|zobacz|przeczytaj)\ (?:też|także|również|więcej)\b.{0,200}|(?:tagi|kategori[ae]|słowa\ kluczowe|źródło)\s?[:].{0,200}|wszelkie\ prawa\ zastrzeżone.{0,60}|zapisz\ się\b.{0,120}
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
MAX_HEADING = 80  # characters
MAX_LINE = 320  # characters; a longer line is prose
COUNT = re.compile(r"\s*[(\[（]\d{1,6}[)\]）]\s*$")  # "Popular Categories (12)"
MARKS_AROUND = re.compile(r"^[\W_]+|[\W_]+$")  # bullets, arrows, pictographs
LISTED = re.compile(r"^([^:：]{3,40})[:：]\s*[^.!?。]{3,200}$")
LIST_MARKS = re.compile(r"[,，、|·•/]")
EDGES = " \t\n:：.·•|–—-*»«>›‹→←…"


def is_chrome_heading(text: str) -> bool:
    """True for a heading that opens a block of chrome: the whole of it is a known phrase, or two or three of them."""
    if len(text) >= MAX_HEADING:
        return False
    begin = LETTERS.search(text.casefold())
    if begin is None or begin[0] not in FIRST_LETTERS:
        return False
    bare = MARKS_AROUND.sub("", COUNT.sub("", text))
    words = [word for word in " ".join(bare.split()).casefold().split(" ") if word]
    return bool(words) and words[0].strip(EDGES) in FIRST_WORDS and is_made_of(HEADINGS, words, parts=3)


def is_made_of(phrases: frozenset[str], words: list[str], *, parts: int) -> bool:
    """The words are at least one and at most so many of the phrases, one after another; marks at their edges don't count."""
    if " ".join(words).strip(EDGES) in phrases:
        return True
    ends = range(1, len(words)) if parts > 1 else ()
    return any(
        " ".join(words[:end]).strip(EDGES) in phrases and is_made_of(phrases, words[end:], parts=parts - 1)
        for end in ends
    )


def is_chrome_line(text: str) -> bool:
    """True for a line that belongs to the site wherever it stands around an article."""
    line = " ".join(text.split())
    return len(line) <= MAX_LINE and (is_chrome_heading(line) or is_listed(line) or LINES.match(line) is not None)


def is_listed(line: str) -> bool:
    """A heading of chrome and three entries or more in one line: ``Popular Categories: Launches, Science, People``."""
    hit = LISTED.match(line)
    return hit is not None and len(LIST_MARKS.findall(line)) > 1 and is_chrome_heading(hit[1])


# Calls of a site to its readers, as a sentence of a paywall, a newsletter box, a consent form.
MAX_CALL = 180  # characters
CALLS = re.compile(
    r"""\b(?:
      subscrib(?:e|ers|ing|tion)\b|sign(?:ing)?[ ](?:in|up)\b|log[ ]?in\b|register(?:ed)?[ ](?:to|now|for)\b|create[ ]an[ ]account|newsletter|unlock
    | unlimited[ ](?:online[ ])?access|your[ ](?:account|inbox|subscription|device)|terms[ ]of[ ](?:use|service)|privacy[ ]policy|cookies?\b|opt[ ]out
    | подпи(?:шитесь|сывайтесь|ска)|рассылк|зарегистрир|войдите|конфиденциальност
    | abonn(?:iere?n?|ement|ez|é)|anmelde[nr]|registrier|datenschutz|einwilligung|inscri(?:vez|ption)|suscr[ií]b|inicia[ ]sesi|iscriviti|abbonat|zaloguj|subskry|zapisz[ ]się
    )|登録|ログイン|会員|购阅|订阅|登录|注册|구독|로그인|회원가입""",
    re.IGNORECASE | re.VERBOSE,
)


def is_call(text: str) -> bool:
    """True for a sentence by which sites ask readers to subscribe, register or consent. An article may have one too."""
    return len(text) <= MAX_CALL and bool(CALLS.search(text))


READER = re.compile(
    r"""\b(?:you|your|us|our|we|me|free|here|now|sie|ihnen|ihre?n?|dich|dir|deine?[nrm]?|wir|uns|kostenlos|hier|jetzt
      |vous|votre|vos|nous|notre|gratuit\w*|ici|tu|tus|te|su|sus|usted|nos|nuestr[oa]s?|gratis|aquí|tuo|tua|ti|ci|nostr[aoie]|qui
      |вы|вам|вас|ваш\w*|мы|нас|наш\w*|twój|ciebie|nas|nasz\w*)\b|ください|您|我们|여러분""",
    re.IGNORECASE | re.VERBOSE,
)
MAX_APPEAL = 320  # characters


def is_appeal(text: str) -> bool:
    """True for a call that speaks to its reader (``Sign up for our newsletter``); chrome where it ends a text."""
    calls = (call.group().casefold() for call in CALLS.finditer(text[:MAX_APPEAL]))
    return len(text) <= MAX_APPEAL and any(call != "unlock" for call in calls) and bool(READER.search(text))


MAX_NOTICE = 500  # characters
# What stands where a video or a post of another site would: consent was not given, or scripts don't run.
EMBED_NOTICE = re.compile(
    r"""^(?:
      (?:to|in\ order\ to)\ (?:view|see|watch|display)\ this\ (?:content|video|post|tweet|embed)\b.{0,80}\b(?:cookies?|consent|javascript|browser|accept|enable|allow|settings)\b.{0,160}
    | (?:this|the)\ (?:content|video|post|embed)\ (?:is\ (?:hosted|provided)\ by|(?:is|was)\ blocked|can(?:not|'t|’t)\ be\ (?:displayed|shown|loaded)|is\ not\ available\ (?:due\ to|because))\b.{0,240}
    | by\ (?:loading|playing|clicking)\b.{0,60}\byou\ (?:accept|agree|consent)\b.{0,200}
    | view\ this\ post\ on\ \w+.{0,40}|a\ post\ shared\ by\ .{0,120}|(?:your\ browser\ does\ not\ support|please\ enable\ javascript|javascript\ is\ (?:required|disabled))\b.{0,160}
    | (?:empfohlener\ )?(?:redaktioneller|externer)\ inhalt(?:\ (?:nicht\ verfügbar|von\ .{1,40}))?|externen?\ inhalte?\ (?:anzeigen|laden|zulassen)|ein\ klick\ für\ den\ datenschutz
    | an\ dieser\ stelle\ (?:findest\ du|finden\ sie|befindet\ sich|steht)\ .{0,80}\bextern.{0,300}
    | (?:deine|ihre)\ (?:privatsphäre|datenschutz|cookie)-?einstellungen\b.{0,300}|link\ zum\ [\w-]{3,20}-inhalt
    | ich\ (?:bin\ damit\ einverstanden|stimme\ zu),\ dass\ .{0,60}\bextern.{0,400}|mit\ dem\ (?:laden|abspielen|klick)\b.{0,60}\b(?:akzeptier|stimm).{0,240}
    | (?:um|damit)\ .{0,80}\b(?:inhalte?|videos?)\b.{0,60}\b(?:cookies|zustimmung|einwilligung|datenschutz).{0,200}
    | ce\ (?:contenu|média)\ (?:est\ bloqué|n['’]est\ pas\ disponible|a\ été\ bloqué)\b.{0,240}|(?:pour\ (?:afficher|visualiser|lire)\ ce\ (?:contenu|média))\b.{0,240}|vous\ avez\ refusé\ .{0,40}\bcookies\b.{0,240}
    | para\ (?:ver|visualizar)\ este\ (?:contenido|vídeo|video|conteúdo)\b.{0,240}|(?:este\ contenido|contenido\ externo)\ (?:está\ bloqueado|no\ disponible)\b.{0,200}
    | per\ (?:visualizzare|vedere)\ (?:questo|il)\ (?:contenuto|video)\b.{0,240}|aby\ (?:zobaczyć|wyświetlić)\ (?:tę|tą|ten)\ treść\b.{0,200}
    | (?:ваш\ браузер\ не\ поддерживает|для\ просмотра\ (?:этого\ )?(?:содержимого|видео)\ (?:включите|необходимо))\b.{0,200}
    )$""",
    re.IGNORECASE | re.VERBOSE,
)


def is_embed_notice(text: str) -> bool:
    """True for the notice in place of embedded media, wherever in the text it stands."""
    line = begin_of_line(text, MAX_NOTICE + 1)
    return len(line) <= MAX_NOTICE and EMBED_NOTICE.match(line) is not None


# What is another at every visit: how often a page was seen, how long ago it was printed. Whole line.
NUMBER = r"(?:\d[\d\s.,'’]*(?:k|m|mio|mil|tys|тыс|млн|万|만)?\.?|an?|one|no|ein|eine[rm]?|une?|una|un'?)"
COUNTED = r"""(?:(?:page\s)?views?|reads?|shares?|likes?|comments?|reactions?|claps?|hits?|downloads?|visits?|visitors?|votes?|retweets?
    |просмотр\w*|комментари\w*|阅读(?:量|数|次数)?|阅览|浏览(?:量|数|次数)?|点击(?:量|数|率)?|评论(?:数)?|瀏覽|閱讀|次阅读|次浏览|人阅读|閲覧数?|回閲覧|アクセス数|조회수?|조회|댓글|추천
    |aufrufe?|ansichten|kommentare?|mal\sgelesen|vues?|lectures?|commentaires?|partages?|fois|visitas?|lecturas?|comentarios?|vistas?
    |letture|visualizzazion[ei]|comment[oi]|wyświetle\w*|odsłon\w*|komentarz\w*)"""
AGO = r"""(?:NUMBER\s?(?:sec(?:ond)?s?|min(?:ute)?s?|h(?:ou)?rs?|hours?|days?|weeks?|months?|years?)\sago|just\snow|yesterday
    |vor\sNUMBER\s?(?:sekunden?|minuten?|stunden?|tage?n?|wochen?|monate?n?|jahre?n?)
    |il\sy\sa\sNUMBER\s?(?:secondes?|minutes?|heures?|jours?|semaines?|mois|ans?)|hace\sNUMBER\s?(?:segundos?|minutos?|horas?|d[ií]as?|semanas?|meses|mes|años?)
    |NUMBER\s?(?:second[oi]|minut[oi]|or[ae]|giorn[oi]|settiman[ae]|mes[ei]|ann[oi])\sfa|NUMBER\s?(?:sekund\w*|minut\w*|godzin\w*|dni|dzień|tygodni\w*|miesi\w*|lat\w*)\stemu
    |NUMBER\s?(?:секунд\w*|минут\w*|час\w*|дн\w*|день|недел\w*|месяц\w*|год\w*|лет)\sназад|\d+\s?(?:秒|分钟|分鐘|小时|小時|天|周|个月|年|分|時間|日|週間|か月|초|분|시간|일|주)\s?(?:之?前|전))""".replace(
    "NUMBER", NUMBER
)
SAID = r"""(?:(?:first\s|last\s)?(?:posted|published|updated|edited|modified|added)|aktualisiert|veröffentlicht|publié|mis\sà\sjour|publicado|actualizado|pubblicato
    |aggiornato|opublikowano|zaktualizowano|опубликовано|обновлено|lu|read|seen|gelesen|更新|发布|發布|公開|게시|수정)"""
COUNTER_PART = (
    rf"(?:{SAID}\s?:?\s?)?(?:{NUMBER}\s?{COUNTED}|{COUNTED}\s?[:：(]?\s?\d[\d\s.,]*[km万만]?\)?|{AGO})(?:\s?{SAID})?"
)
COUNTER = re.compile(rf"(?:{COUNTER_PART})(?:\s?[·|•,/–—-]\s?{COUNTER_PART}){{0,4}}", re.IGNORECASE | re.VERBOSE)
MAX_COUNTER = 80  # characters


def is_counter(text: str) -> bool:
    """True for a line of counts and ages alone (``1,234 views · 5 minutes ago``): no edit when it is another."""
    line = begin_of_line(text, MAX_COUNTER + 1)
    return len(line) <= MAX_COUNTER and COUNTER.fullmatch(line) is not None


LABELS = re.compile(r"\s+(?=[\u4e00-\u9fff]{2,5}[:：])")  # parts a line of labels: 发布时间：… 来源：… 作者：…
MONTHS = """
    jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?
    |января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря
    |januar|jänner|februar|märz|mai|juni|juli|oktober|dezember
    |janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre
    |enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre
    |gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre
    |stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia
"""
DATE = re.compile(
    rf"""(?:\b\d{{1,2}}(?:st|nd|rd|th|\.|er)?\s+(?:de\s+)?(?:{MONTHS})\b\.?,?(?:\s+(?:de\s+)?(?:19|20)\d\d)?
    |\b(?:{MONTHS})\b\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?(?:\s+(?:19|20)\d\d)?
    |(?:19|20)\d\d\s?[-./年년]\s?\d{{1,2}}\s?[-./月월]\s?\d{{1,2}}\s?[日일]?|(?:令和|平成)\s?(?:\d+|元)年\d+月\d+日
    |\b\d{{1,2}}[./-]\d{{1,2}}[./-](?:19|20)?\d\d\b)""",
    re.IGNORECASE | re.VERBOSE,
)
# What may stand beside a date in its line: weekday, clock, zone, "published on", place names in capitals do not.
BESIDE = re.compile(
    r"""\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b|\b(?:posted|published|updated|last|modified|created|date|on|at|by|time|release[ds]?|first|edited)\b
    |понедельник|вторник|сред[аы]|четверг|пятниц[аы]|суббот[аы]|воскресенье|опубликовано|обновлено|дата|года?|г\.|мск|просмотр\w*
    |montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|veröffentlicht|aktualisiert|stand|uhr|vom|am|den
    |lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|publié|mis\ à\ jour|le|à
    |lunes|martes|miércoles|jueves|viernes|sábado|domingo|publicado|actualizado|el|del
    |lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|pubblicato|aggiornato|il
    |poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela|opublikowano|data|dnia
    |[月火水木金土日]曜日?|掲載日?|公開日?|更新日?|発表日?|発行日?|発布|发布(?:时间|日期)?|更新(?:时间|日期)?|时间|日期|来源|입력|수정|등록일?|게시일?
    |\b\d{1,2}[:.h]\d{2}(?::\d{2})?\s?(?:[ap]\.?m\.?)?|\b(?:utc|gmt|est|edt|pst|pdt|cet|cest|bst|msk|jst|et)\b|[+-]\d{2}:?\d{2}|\d+\s?min(?:ute)?s?\ read""",
    re.IGNORECASE | re.VERBOSE,
)
BYLINE = re.compile(
    r"""^(?:(?:written\ |reported\ |posted\ |story\ |text\ |article\ |words\ )?by|author|authors|von|par|por|di|autor|autore|auteur|автор|авторы|текст|подготовил\w*|文|執筆|記者|取材・文|作者|撰文|记者|記者|글|기자)\s?[:：・=＝]?\s*\S.{1,80}$""",
    re.IGNORECASE | re.VERBOSE,
)


def is_date_line(text: str) -> bool:
    """True for a line that holds a date and nothing a reader would miss: weekday, clock, "published on"."""
    line = " ".join(text.split())
    if len(line) > 90 or not DATE.search(line):
        return False
    rest = BESIDE.sub(" ", DATE.sub(" ", line))
    return sum(char.isalnum() for char in rest) <= 4


def is_byline(text: str) -> bool:
    """True for a line that names who wrote the article, and says nothing else."""
    line = " ".join(text.split())
    return BYLINE.match(line) is not None and not line.endswith((".", "。", "!", "?")) and len(line.split()) <= 14
