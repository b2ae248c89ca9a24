"""Headlines that never repeat, and sentences from a small grammar."""

import re
from functools import cache
from math import prod
from random import Random

_TITLE_PARTS = (
    (
        "North Korea", "Pyongyang", "Seoul", "Beijing", "Moscow", "A Sinuiju factory",
        "The Rason port office", "A Nampo shipyard", "The tourism bureau", "A Dandong trader",
        "The rail ministry", "Kim’s planning chief", "A Wonsan hotel", "The state bank",
        "One fishing cooperative", "The Kaesong office", "Ulaanbaatar", "A Vladivostok court",
        "The health ministry", "A Hamhung college", "The customs service", "State television",
        "An army paper", "The women’s union",
    ),
    (
        "reopens", "quietly expands", "audits", "shelves", "courts buyers for", "hands over",
        "delays", "defends", "shows off", "rebuilds", "rethinks", "doubles down on",
        "puts a price on", "loses track of", "promises more of", "borrows against",
        "rewrites rules for", "opens a hotline for", "halts work on", "plays down",
    ),
    (
        "the coal ledger", "a ferry terminal", "rabbit farms", "the ‘model’ greenhouse",
        "its R&D park", "a border footbridge", "cargo drones", "the night train", "school kitchens",
        "a cement works", "seed potatoes", "a solar field", "phone licenses", "the ski lifts",
        "river dredgers", "a brewery", "taxi permits", "the apple orchards", "an ice rink",
        "clinic vans", "a timber yard", "toll roads", "the salt pans", "a costume museum",
    ),
    (
        "after a long winter", "as border trade returns", "ahead of a party congress",
        "despite doubts at the UN", "in spite of Beijing’s silence",
        "for the second time this year", "with an eye on exports", "while builders wait",
        "and nobody says why", "amid a fuel squeeze", "under new managers", "on Kim’s orders",
        "before the floods", "to win over tourists", "— and asks for credit",
        "in a first since 2012", "as prices slip 5%", "but keeps the books shut",
        "to calm market traders", "once the ice breaks: Sources", "in a nod to Moscow",
        "against its own advice", "with borrowed cranes", "at the worst time",
    ),
)  # fmt: skip
_KOREAN_PARTS = (
    (
        "북한", "평양", "나선시", "신의주 공장", "남포 조선소", "철도 당국", "관광 총국",
        "원산 호텔", "보건 당국", "함흥 대학", "세관 당국", "개성 사무소",
    ),
    (
        "온실", "감자 농장", "시멘트 공장", "여객선", "토끼 농장", "야간 열차", "과수원", "제재소",
        "염전", "맥주 공장", "태양광 단지", "진료 차량",
    ),
    ("두 곳", "세 곳", "네 곳", "다섯 곳", "여섯 곳", "일곱 곳", "여덟 곳", "아홉 곳"),
    (
        "다시 공개", "조용히 확대", "점검 착수", "완공 연기", "새로 단장", "운영 중단", "가격 인상",
        "규정 개정", "시범 운영", "현대화 추진",
    ),
    (
        "겨울 지나", "국경 무역 재개에", "당대회 앞두고", "연료난 속", "홍수 이후", "관광객 맞으려",
        "수출 노려", "새 관리자 맡아", "빌린 장비로", "올해 두 번째", "이유는 안 밝혀",
        "시장 달래려",
    ),
)  # fmt: skip

_SLOTS: dict[str, tuple[str, ...]] = {
    "who": (
        "customs officers", "two retired engineers", "a trader who moves timber",
        "a shipping agent", "a former teacher", "three drivers on the coastal road",
        "a diplomat posted nearby", "an economist in Busan", "farm managers", "a hotel clerk",
        "a mechanic at the rail yard", "market vendors", "a bookkeeper", "one port inspector",
        "people who sell spare parts", "a translator", "a ferry captain", "warehouse staff",
    ),
    "place": (
        "Sinuiju", "Rason", "Nampo", "Dandong", "Hunchun", "Wonsan", "Hamhung", "Chongjin",
        "Vladivostok", "Kaesong", "Hyesan", "Haeju", "Tumen", "Sariwon",
    ),
    "thing": (
        "new cranes", "second-hand buses", "diesel", "cooking oil", "roof tiles", "printed forms",
        "fishing nets", "glass panels", "solar lamps", "spare tires", "winter coats", "water pumps",
        "scrap copper", "seed stock", "flour", "ledger books",
    ),
    "act": (
        "waited at the gate", "changed hands twice", "sat under tarpaulins", "reached the depot",
        "got counted again", "went missing from the list", "left on the morning train",
        "came back unsold", "got paid for in advance", "stood idle for a week",
        "filled the smaller yard", "moved after dark",
    ),
    "when": (
        "on Tuesday", "last week", "in early spring", "over the holiday",
        "at the end of the quarter", "in March 2012", "on Monday night", "last autumn",
        "earlier this month", "before dawn",
    ),
    "num": (
        "14", "some 200", "at least 35", "nearly 1,000", "no more than 60", "about 120", "eight",
        "2,400", "half a dozen", "around 90",
    ),
    "why": (
        "because nobody had signed the papers", "although the road was open",
        "while the price kept rising", "as the river froze again", "without saying who had paid",
        "since the bridge can’t carry more", "after the office ran out of stamps",
        "in line with last year's plan", "even though it's cheaper by sea",
        "until the inspectors left", "so that the yard could be cleared",
        "whatever the order had been",
    ),
    "org": (
        "the harbor office", "the provincial committee", "the transport bureau",
        "the trade mission", "the co-op", "the planning board", "the youth league",
        "the city’s water office", "the school board", "the power station",
    ),
}  # fmt: skip
_SENTENCES = (
    "In {place}, {who} said {thing} {act} {when}.",
    "{Org} in {place} had asked for {num} tons of {thing}, {why}.",
    "According to {who}, {thing} {act} {why}.",
    "“It's the same every year,” said {who} in {place}, “{thing} {act}.”",
    "Photographs taken {when} show {thing} stacked beside {org}.",
    "{Org} would not comment -- and {who} in {place} had heard nothing.",
    "The cost of {thing} rose by {num} won {when}, {who} told NK News, {why}.",
    "Few expected {org} to answer – {who} did, {when}.",
    "{Who} counted {num} trucks near {place}, {why}.",
    "Where {thing} once {act}, {org} now keeps {num} workers {why}.",
    "A notice at {org} in {place} lists {thing} & little else.",
    "None of this surprised {who}, who saw {thing} leave {place} {when}.",
    "{Org} used {thing} from {place} {when}, {why}.",
    "By one estimate, {num} families near {place} depend on {thing}.",
)
_SUBTITLES = (
    "{Who} in {place} say {thing} {act}, and that {org} knows it",
    "{Org} points to {thing} from {place}, {why}",
    "Records seen in {place} suggest {thing} {act} {when}",
    "Experts doubt that {org} can pay for {thing}, {why}",
    "What {who} noticed {when}, and what {org} won’t explain",
)
_CAPTIONS = (
    "{Who} beside {thing} near {place}",
    "The gate of {org} in {place}",
    "A row of {thing} seen from the road to {place}",
    "{Thing} outside {org} in {place}",
)
_KOREAN_SLOTS: dict[str, tuple[str, ...]] = {
    "who": (
        "세관 직원",
        "선박 중개인",
        "퇴직 공무원",
        "시장 상인",
        "철도 정비공",
        "농장 관리인",
        "대학 연구원",
        "현지 주민",
    ),
    "place": ("신의주", "나선", "남포", "단둥", "원산", "함흥", "청진", "개성", "혜산"),
    "thing": (
        "중고 버스",
        "디젤유",
        "식용유",
        "지붕 자재",
        "어망",
        "유리판",
        "태양광 등",
        "겨울 외투",
        "양수기",
    ),
    "when": ("화요일", "지난주", "초봄", "연휴 동안", "이달 초", "분기 말", "주말 전"),
    "num": ("14", "35", "60", "90", "120", "200", "1,000"),
}
_KOREAN_SENTENCES = (
    "{place}의 한 {who}은 {when} {thing} 물량이 늘었다고 말했다.",
    "{when} {place} 인근에서 트럭 {num}대가 확인됐다.",
    "{who} 두 명은 {thing} 가격이 {num}원 올랐다고 전했다.",
    "{place} 당국은 {thing} 문제에 대한 질문에 답하지 않았다.",
    "“해마다 같은 일”이라고 {place}의 {who}이 설명했다.",
    "한 추산에 따르면 {place}에서는 {num}가구가 {thing} 거래로 생계를 잇는다.",
)
_KOREAN_SUBTITLES = (
    "{place} 현지 {who}들은 {thing} 거래가 먼저 움직였다고 본다",
    "{when} 확인된 기록, {thing} 재고 감소 보여 줘",
)
# A prime that divides no product of part counts: its multiples pass every combination once.
_STEP = 1_000_003


def title(number: int, seed: int) -> str:
    """Return an English headline, different for every number below 270,000."""
    return " ".join(_combination(_TITLE_PARTS, number, seed))


def korean_title(number: int, seed: int) -> str:
    """Return a Korean headline, different for every number below 130,000."""
    actor, thing, count, action, tail = _combination(_KOREAN_PARTS, number, seed)
    return f"{actor}, {tail} {thing} {count} {action}"


def _combination(parts: tuple[tuple[str, ...], ...], number: int, seed: int) -> list[str]:
    """Return one choice of each part; it differs for every number below their product."""
    rest = (number * _STEP + seed * 7919) % prod(len(part) for part in parts)
    choices = []
    for part in parts:
        rest, index = divmod(rest, len(part))
        choices.append(part[index])
    return choices


def slugify(text: str) -> str:
    """Return a headline as it stands in the article's URL."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"[’'‘]", "", text.lower())).strip("-")


def misspell(slug: str) -> str:
    """Return a slug with two letters of its longest word transposed, as by an editor's slip."""
    word = max(slug.split("-"), key=len)
    at = next(at for at in range(1, len(word) - 1) if word[at] != word[at + 1])
    return slug.replace(word, word[:at] + word[at + 1] + word[at] + word[at + 2 :], 1)


def paragraph(rng: Random, korean: bool = False) -> str:
    """Draw two or three sentences."""
    templates, slots = (_KOREAN_SENTENCES, _KOREAN_SLOTS) if korean else (_SENTENCES, _SLOTS)
    drawn = rng.sample(templates, rng.choice((2, 2, 3)))
    return " ".join(_fill(template, slots, rng) for template in drawn)


def subtitle(rng: Random, korean: bool = False) -> str:
    """Draw one line to stand under a headline."""
    if korean:
        return _fill(rng.choice(_KOREAN_SUBTITLES), _KOREAN_SLOTS, rng)
    return _fill(rng.choice(_SUBTITLES), _SLOTS, rng)


def caption(rng: Random) -> str:
    """Draw the caption of a picture."""
    return _fill(rng.choice(_CAPTIONS), _SLOTS, rng)


def opening(text: str) -> str:
    """Return the first sentence of a paragraph."""
    sentence = re.match(r".+?\.”?(?=\s|$)", text)
    return sentence[0] if sentence else text


def _fill(template: str, slots: dict[str, tuple[str, ...]], rng: Random) -> str:
    """Draw a text for every slot; a slot whose name has a capital gives its text one."""
    parts = list(_split(template))
    for place in range(1, len(parts), 2):
        name = parts[place]
        text = rng.choice(slots[name.lower()])
        parts[place] = text if name.islower() else text[0].upper() + text[1:]
    return "".join(parts)


@cache
def _split(template: str) -> tuple[str, ...]:
    """Split a template into literal text and slot names, in turns."""
    return tuple(re.split(r"\{(\w+)\}", template))
