"""Bylines to people: ``By Hank Dollard and Nessa Carrow, staff writers`` is two names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from pipelines.agreement import folded
from pipelines.calendars import WRITTEN
from pipelines.prose import one_line

MAX_BYLINE = 300  # characters
MAX_NAME = 60
MAX_PEOPLE = 12
LEADS = (
    r"(?:this (?:post|article|story) was written|story|article|post|text|words|report|reported|written|posted"
    r"|published|authored|reviewed|review|contributed|edited|created|submitted|added|guest post)?\s*by\b"
    r"|written by|posted by|from the desk of"
    r"|авторы?|текст|автор текста|автор статьи|подготовил[аи]?|материал подготовил[аи]?|беседовал[аи]?"
    r"|(?:ein\s+)?(?:artikel|bericht|beitrag|text|kommentar|analyse|interview|gastbeitrag"
    r"|kolumne)?\s*von\b|autorin/autor|autor(?:in|en)?|redakteur(?:in)?"
    r"|(?:publié|écrit|rédigé|propos recueillis)?\s*par\b|auteurs?|texte"
    r"|(?:escrito|publicado|redactado)?\s*por\b|autor(?:a|es)?|texto"
    r"|(?:scritto da|articolo di|a cura di|di|testo di|autore)\b"
    r"|(?:tekst|autor(?:ka|zy)?|opracowanie|opr\.|napisał[a]?|przez)\b|door\b|av\b|authors?"
    r"|reporter|contributors?|writer|byline|name"
)
LEAD = re.compile(rf"^\s*(?:(?-i:By(?=[A-Z][a-z]))|(?:{LEADS})\s*[:：\-–—|]?)\s*", re.IGNORECASE)
CJK_LEAD = re.compile(
    r"^\s*(?:本报|本網|本网|本社|特约|实习|見習い?|新华社|中新网)?\s*(?:この記事を書いた人|作者|记者|記者|文|文・写真|文／|撰文|编辑|編集|責任編輯|责任编辑|執筆|取材・文|通讯员|ライター|著者|글|기자|이름)"
    r"\s*[:：=＝/／]?\s*"
)
WRITER_BOX = re.compile(r"\s*この記事を書いた人\s+(\S{2,8})(?:\s|$)")  # then office, subjects, a button
CJK_TAIL = re.compile(
    r"\s*(?:記者|记者|기자|通讯员|編集委員|特派員|論説委員|さん|氏|特派员|선임기자|인턴기자|인턴 기자|著|報道)\s*$"
)
EMAIL = re.compile(r"[\[(<]?\s*(?:mailto:)?[\w.+\-]+(?:@|\s\[at\]\s)[\w\-]+\.[\w.\-]+\s*[\])>]?")
HANDLE = re.compile(r"(?<![\w])@\w+")
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
WRAPPED = re.compile(r"^\s*[(\[（【]([^()\[\]（）【】]+)[)\]）】]\s*$")  # a byline at an article's end
BRACKETED = re.compile(r"\(([^()]{3,60})\)")
BRACKET = re.compile(r"\s*[(\[（【<][^()\[\]（）【】<>]{0,80}[)\]）】>]?")
MARKS = re.compile(
    r"\s*(?:[;|/·•●、，；\n\t⋅]|\s[-–—]\s|,(?!\s*(?:Jr|Sr|Ph\.?\s?D|M\.?D|MBA|II|III|RN|RD|MS|CPA|Esq|DDS|DO)\b))\s*"
)
CONJUNCTIONS = re.compile(
    r"\s*(?:&|\s\+\s|\s(?:and|und|et|y|e|и|та|i|oraz|och|og|en|with|con|avec|mit)\s)\s*", re.IGNORECASE
)
AFTER_NAME = re.compile(
    r"\s+(?:on behalf of|for|from|via|is|in|In|at|on|has|of the|to the)\s.*$|\s+(?:Published|Updated|Posted|In|on"
    r"|Read|Follow|View)$"
)
ON_BEHALF = re.compile(r"\s+on behalf of\s.*$", re.IGNORECASE)
# A duty with what it is for: no name is in it, nor behind it.
DUTY = re.compile(
    r"(?:\b(?:senior|vice|trial|staff|chief|former)\s+)*"
    r"\b(?:head|director|president|manager|attorney|editor|professor|fellow|officer|lead|founder|partner)\s+"
    r"(?:at|of|for|in)\s",
    re.IGNORECASE,
)
SECOND_HAND = re.compile(
    r"[.,|·•\s]*\b(?:(?:medically|legally|expertly)\s+)?(?:reviewed|edited|fact[- ]?checked|researched|verified"
    r"|illustrated|translated|photograph(?:y|s|ed)|updated|checked)\s+(?:by|in)\b",
    re.IGNORECASE,
)
LABELLED = re.compile(r"[a-z]+:\s")  # a duty that is no lead of a byline: ``design: Scott``
LEAST_NAME = 4  # characters before it; a line that begins so has nobody else
CREDENTIAL = re.compile(
    r"^(?:Jr|Sr|Ph\.?\s?D|M\.?D|MBA|RN|RD|MS|CPA|Esq|DDS|DO|CFP|JD|MPH|RDN|LCSW|BSc|MSc|MA|BA|PharmD|DVM|CPT)\.?$"
)
DATE_PART = re.compile(
    r"\d{4}|\d{1,2}:\d{2}|\b(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?\s+\d"
    r"|\d+\s*(?:min(?:utes?)?|минут|hours?|days?|weeks?|months?)\b"
    r"|^(?:mon|tues|wednes|thurs|fri|satur|sun)day|updated|published|posted|last modified|ago$",
    re.IGNORECASE,
)
ROLE = re.compile(
    r"^(?:(?:senior|junior|staff|chief|deputy|associate|assistant|managing|contributing|executive|science"
    r"|space|news|special|guest|freelance|lead|head|co|former|political|technology|tech|health|business"
    r"|sports?|global|digital|content|national|foreign|editorial|features?|our|the|medical|marketing"
    r"|community|founder|author|product|social|media|seo|copy|website|web)[\s-]+)*"
    r"(?:reporters?|writers?|editors?|correspondents?|journalists?|columnists?|contributors?|authors?"
    r"|analysts?|producers?|critic|photographer|specialist|strategist|manager|director|founder|co-founder"
    r"|ceo|cto|cmo|president|professor|fellow|researcher|consultant|coach|expert|redakteur(?:in)?"
    r"|korrespondent(?:in)?|autor(?:in)?|journaliste?|rédact(?:eur|rice)|redactor[a]?|giornalista"
    r"|корреспондент|редактор|обозреватель|журналист|news|editor-in-chief|intern|team|owner|partner"
    r"|blogger|marketer|marketing|reviewer|lecturer|attorney|host|creator|developer|engineer|designer"
    r"|dietitian|nutritionist|officer|administrator)"
    r"(?:\s+(?:at|of|for|in|bei|de|on|&|und|,)\b.*)?$",
    re.IGNORECASE,
)
TITLED = re.compile(
    r"^(?!(?:senior|junior|staff|chief|deputy|associate|assistant|managing|contributing|executive)\b)"
    r"(?P<name>.*?)\s+(?:(?:senior|junior|staff|chief|deputy|associate|assistant|managing|contributing|executive)\b.*\s)?"
    r"(?:reporters?|writers?|editors?|correspondents?|journalists?|columnists?|contributors?|analysts?|educators?"
    r"|representatives?|strategists?|specialists?|attorneys?|horticultur(?:al)?ists?|researchers?)$",
    re.IGNORECASE,
)  # a name and a role with nothing between them, or a role of several words
PHOTO_CREDIT = re.compile(
    r"^\s*(?:(?:image|photo|foto|bild|picture|video)s?\b(?: credit)?s?(?: by)?\s*[:：]|©)", re.IGNORECASE
)
NOBODY = re.compile(
    r"^(?:(?:\w+ )?admin(?:istrator)?|editor(?:s|ial)?|(?:the\s+)?editors?|web ?master|guest(?: (?:author|post"
    r"|contributor))?|contributors?|user|root|anonymous|unknown|none|null|undefined|n/?a|author|redaktion"
    r"|редакция|редактор|админ(?:истратор)?|編集部|本报讯|编辑|小编|rédaction|la rédaction|redacción|redazione"
    r"|redakcja|press release|super user|read more|share|follow|sign (?:in|up)|log ?in|written by"
    r"|view (?:more )?posts?|[a-z]+(?:\.[a-z]+){2,}|(?:\w+ )?comments?(?: so far)?|home|about(?: .*)?|bio"
    r"|view (?:all|profile).*"
    r"|more .*|see .*|contact.*|subscribe.*|by|posted|written|in(?: .*)?|on|advertisement|save|print|email"
    r"|(?:publi[ée]|mis à jour|modifié|posté)(?: le| à)?|publicado(?: el| em)?|actualizado(?: el)?|pubblicato(?: il)?"
    r"|aggiornato(?: il)?|veröffentlicht(?: am)?|aktualisiert(?: am)?|erschienen(?: am)?|опубликовано|обновлено"
    r"|opublikowano|spotlight|researched by|(?:unserer|der|die) redaktion|facebook|twitter|linkedin"
    r"|instagram|x|twitter facebook|member login|uncategorized"
    r"|(?:image|photo|foto|categor(?:y|ies)|tags?)s?\s?:.*|website|wordpress|test|me|us|you|.*@.*|(?!(?-i:[A-Z]{2,}\d{1,2}\b)).*\d{2}.*)$",
    re.IGNORECASE,
)
# "In Sook Park" is a person, "In Deep Space" a section: a syllable, and a surname of the most frequent in Korea.
KOREAN_IN = re.compile(
    r"In (?:[A-Z][a-z]{1,5} (?:Ahn|Bae|Baek|Chang|Cho|Choi|Chung|Han|Hong|Hwang|Jang|Jeon|Jeong|Joo|Jung|Kang|Kim|Koo"
    r"|Kwon|Lee|Lim|Min|Nam|Noh|Oh|Park|Ryu|Seo|Shin|Suh|Yang|Yoo|Yoon|Yun)|[A-Z][a-z]{1,5}-[a-z]{2,6})$"
)
GROUP = re.compile(
    r"(?:機構|研究所|大学|協会|新聞|通信|編集部|放送|委員会|株式会社|研究院|日报|晚报|新华社|电视台|编辑部|出版社|신문|방송|뉴스)"
    r"|\b(?:staff|team|editors?|editorial|newsroom|desk|press|agency|news|media|magazine|institute"
    r"|university|department|inc|llc|ltd|gmbh|corp|corporation|official|company|association|reuters|afp|dpa|associated|network"
    r"|foundation|group|society|board|office|bureau|redaktion|rédaction|redacción|redazione|редакция"
    r"|center|centre|college|studio"
    r"|gazette|herald|tribune|chronicle|weekly|review|center for|services?|solutions|marketing|blog|guide"
    r"|online|daily|times|post"
    r"|journal|tass|тасс|риа|xinhua|新华社|編集部|通信|club|bank|health|insurance|software|digital)\b"
    r"|[a-z]\.(?:com|org|net|de|io|co)\b",
    re.IGNORECASE,
)
ENDS_SHORT = re.compile(r"\b(?:Jr|Sr|[A-Z])$")
PARTICLES = frozenset(
    "de da do del della di van von der den la le el al bin ibn of zu zur ter ten du des dos das y e af av"
    " mac mc st san".split()
)


def people(texts: Iterable[str], *, sites: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Names of people in bylines, in order, each once; organisations only where there is no person.

    ``sites`` holds folded names of the site itself: those are never authors.
    """
    found: dict[str, str] = {}
    for text in texts:
        if any(is_name_of(folded(host.removeprefix("www.")), sites) for host in BRACKETED.findall(text[:MAX_BYLINE])):
            continue
        is_sites = is_name_of(folded(text.split(",")[0]), sites)
        for name in names_in(text):
            if is_sites and not looks_personal(name):
                continue
            key = folded(name := without_site(name, sites))
            is_site = is_name_of(key, sites) and not looks_personal(name)
            if key and not is_site and (not NOBODY.match(name) or KOREAN_IN.match(name)):
                found.setdefault(key, name)
    names = without_parts(found)
    persons = [name for name in names if not is_group(name)]
    others = [name for name in persons if not is_name_of(folded(name), sites) and folded(name.split()[0]) not in sites]
    return tuple((others or persons or names)[:MAX_PEOPLE])


def is_name_of(key: str, sites: frozenset[str]) -> bool:
    return key in sites or key.replace(" ", "") in sites


def without_site(name: str, sites: frozenset[str]) -> str:
    """``Brian Holt SPACE DAILY`` without the site's name behind it."""
    words = name.split()
    for count in range(2, len(words)):
        if is_name_of(folded(" ".join(words[count:])), sites) and looks_personal(" ".join(words[:count])):
            return " ".join(words[:count])
    return name


def without_parts(found: dict[str, str]) -> list[str]:
    """The names without those that are part of a longer one."""
    return [
        name for key, name in found.items()
        if not any(key != other and f" {key} " in f" {other} " and " " not in key for other in found)
    ]  # fmt: skip


def names_in(byline: str) -> list[str]:
    """Names in one byline: lead words, addresses, roles and dates removed."""
    text = one_line(byline[: MAX_BYLINE * 2])[:MAX_BYLINE]
    if LINK.match(text) or PHOTO_CREDIT.match(text):
        return []
    text = WRAPPED.sub(r"\1", text)
    for pattern in (EMAIL, LINK, BRACKET, HANDLE):
        text = pattern.sub(" ", text)
    if box := WRITER_BOX.match(text):
        return [box[1]]
    text = WRITTEN.sub(" | ", text)
    text = without_lead(text)
    if (helper := SECOND_HAND.search(text)) and helper.start() >= LEAST_NAME:
        text = text[: helper.start()]
    names: list[str] = []
    is_after_role = False
    for part in parts_of(text):
        name = person(part)
        if name and not (is_after_role and " " not in name):
            names.append(name)
        is_after_role = bool(ROLE.match(part.strip()) or TITLED.match(part.strip()))
    return names


def parts_of(text: str) -> list[str]:
    """The byline between its separators; the ``and`` of an organisation or of a role separates nothing."""
    parts: list[str] = []
    for part in MARKS.split(text):
        if duty := DUTY.search(part):
            parts.append(part[: duty.start()])
            continue
        pieces = CONJUNCTIONS.split(part)
        is_one = len(pieces) > 1 and is_group(part) and not any(looks_personal(one.strip()) for one in pieces)
        parts += [part] if is_one else pieces
    return parts


def without_lead(text: str) -> str:
    """The byline without ``By``, ``Автор:``, ``文＝`` and their like, also one after another."""
    for _ in range(3):
        shorter = CJK_LEAD.sub("", LEAD.sub("", text, count=1), count=1)
        if shorter == text or not shorter.strip():
            break
        text = shorter
    return text


def person(part: str | None) -> str | None:
    """One name out of a part of a byline; None when the part is a role, a date or no name."""
    text = one_line(without_lead(part or "")).strip(" ,.:;-–—|•·*\"'“”«»_®™")
    text = CJK_TAIL.sub("", text)
    text = ON_BEHALF.sub("", text)
    if not is_group(text) and (short := AFTER_NAME.sub("", text)) != text:
        text = short if " " in short or not short.isascii() else ""
    if (titled := TITLED.match(text)) and not is_group(text) and not ROLE.match(text):
        text = titled["name"] if looks_personal(titled["name"]) else ""
    words = text.split()
    if len(words) % 2 == 0 and words[: len(words) // 2] == words[len(words) // 2 :]:
        text = " ".join(words[: len(words) // 2])
    if LABELLED.match(text) or not 2 <= len(text) <= MAX_NAME or DATE_PART.search(text):
        return None
    if ROLE.match(text) or CREDENTIAL.match(text):
        return None
    if not any(character.isalpha() for character in text) or len(text.split()) > 7:
        return None
    return initial_restored(text, part or "")


def initial_restored(text: str, part: str) -> str:
    """``Sammy Davis Jr`` keeps its point."""
    return text + "." if f"{text}." in part and ENDS_SHORT.search(text) else text


def is_group(name: str) -> bool:
    """True for what reads like an organisation: its words say so, or it is one word in capitals."""
    return bool(GROUP.search(name)) or (name.isupper() and " " not in name and name.isascii() and len(name) > 1)


def looks_personal(name: str) -> bool:
    """True for two to five words that each start with a capital (particles apart), or a short CJK name."""
    words = name.split()
    if not name.isascii() and any("CJK" in unicodedata.name(c, "") or "HIRAGANA" in unicodedata.name(c, "")
                                  or "HANGUL" in unicodedata.name(c, "") for c in name[:1]):  # fmt: skip
        return 2 <= len(name.replace(" ", "")) <= 8
    if not 2 <= len(words) <= 5 or is_group(name):
        return False
    if words[0].lower() == "the" or any(map(str.isdigit, name)):
        return False
    return all(word[:1].isupper() or word.lower() in PARTICLES for word in words)
