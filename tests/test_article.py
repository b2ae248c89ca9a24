"""The row of an article: whole, with its URL, access, image and language."""

import pytest

from tests.html_factory import (
    BASE,
    FIRST,
    IMAGE,
    PATH,
    RENDERINGS,
    SECOND,
    SITE,
    article_html,
    expected,
    lines,
    paragraphs,
    renderings,
    row,
)


@renderings
def test_every_field_of_the_article_is_read(rendering: str) -> None:
    assert row(article_html(rendering)) == expected(rendering)


def test_two_renderings_of_one_article_give_one_row() -> None:
    nested, semantic = (row(article_html(rendering)) for rendering in RENDERINGS)
    assert {**nested, "published_at": None} == {**semantic, "published_at": None}


LONG = tuple(
    f"Paragraph number {n} of the whole story tells what lamp number {n} had to say about it."
    for n in range(40)
)


@renderings
def test_a_whole_article_of_2018(rendering: str) -> None:
    html = article_html(
        rendering,
        lead=paragraphs(FIRST, *LONG),
        offer="",
        date="<time>June 12, 2018</time>",
        timestamp="",
        title="Lamps speak",
    )
    path = "/2018/06/lamps-speak/"
    evidence = ["page tail seen", "no offer", "last sentence whole"]
    assert row(html, path) == {
        **BASE, "title": "Lamps speak", "url": SITE + path, "published_on": "2018-06-12",
        "body": lines(FIRST, *LONG), "access": "free", "access_evidence": evidence,
    }  # fmt: skip


@renderings
def test_a_text_of_2020_cut_in_mid_sentence_stays_unchanged(rendering: str) -> None:
    cut = (
        "The harbor office counted its lamps.The clerk counted them again.Then, on the third of "
        "the month, he"
    )
    html = article_html(
        rendering, lead=paragraphs(FIRST, cut), date="February 3, 2020", timestamp=""
    )
    path = "/2020/02/lamps-counted/"
    evidence = ["page tail seen", "offer box: 9 lines", "last sentence cut"]
    assert row(html, path) == {
        **BASE,
        "url": SITE + path,
        "published_on": "2020-02-03",
        "body": lines(FIRST, cut),
        "access_evidence": evidence,
    }


@renderings
@pytest.mark.parametrize(
    "lead", [(FIRST,), (FIRST, SECOND), (FIRST, *LONG)], ids=["one", "two", "forty-one"]
)
def test_length_says_nothing_about_access(rendering: str, lead: tuple[str, ...]) -> None:
    assert row(article_html(rendering, lead=paragraphs(*lead))) == expected(
        rendering, body=lines(*lead)
    )
    whole = row(article_html(rendering, lead=paragraphs(*lead), offer=""))
    evidence = ["page tail seen", "no offer", "last sentence whole"]
    assert whole == expected(rendering, body=lines(*lead), access="free", access_evidence=evidence)


@renderings
@pytest.mark.parametrize(
    "href",
    [
        SITE + PATH,
        PATH,
        SITE + PATH.rstrip("/"),
        f"http://nknews.org{PATH}",
        f"{SITE}{PATH}?utm_source=x",
    ],
)
def test_a_second_slug_is_a_copy_of_the_first(rendering: str, href: str) -> None:
    head = f'<link rel="canonical" href="{href}">'
    assert row(article_html(rendering, head=head), PATH.rstrip("/") + "-2/") == expected(rendering)


@renderings
def test_a_slug_that_ends_in_a_number_of_its_own_has_copies_too(rendering: str) -> None:
    path = "/2025/06/prices-slip-5/"
    head = f'<link rel="canonical" href="{SITE}{path}">'
    assert row(article_html(rendering, head=head), "/2025/06/prices-slip-5-2/") == expected(
        rendering, url=SITE + path
    )


@renderings
@pytest.mark.parametrize(
    "href",
    [
        f"{SITE}/2025/06/another-story/",
        f"{SITE}/2025/05/island-ferry-runs-without-lights/",
        f"https://elsewhere.test{PATH}",
        f"https://nknews.org.elsewhere.test{PATH}",
        f"https://elsewhere.test@www.nknews.org{PATH}",
        f"//elsewhere.test{PATH}",
        "javascript:alert(1)",
        f"{SITE}/",
        f"{SITE}/content_author/mira-olsen/",
        f"{SITE}/pro{PATH}",
        "https://[",
        "",
    ],
)
@pytest.mark.parametrize("slug", ["", "-2"])
@pytest.mark.fault("D12")
def test_any_other_canonical_is_ignored(rendering: str, href: str, slug: str) -> None:
    path = PATH.rstrip("/") + slug + "/"
    html = article_html(rendering, head=f'<link rel="canonical" href="{href}">')
    assert row(html, path) == expected(rendering, url=SITE + path)


@renderings
def test_the_identity_is_where_redirects_led(rendering: str) -> None:
    old = "/2025/06/island-ferri-runs/"
    assert row(article_html(rendering), old, PATH) == expected(rendering)


@renderings
@pytest.mark.parametrize(
    ("line", "caption", "credit"),
    [
        ("Lamps | Image: Quay Post", "Lamps", "Quay Post"),
        ("Lamps|Image: Quay Post", "Lamps", "Quay Post"),
        ("Lamps | Images: Quay Post, edited by NK News", "Lamps", "Quay Post, edited by NK News"),
        ("Lamps | Image : Quay Post | Gull Gazette", "Lamps", "Quay Post | Gull Gazette"),
        ("| Image: Quay Post", None, "Quay Post"),
        ("Lamps, 4 | 5 of a set | Photo: Quay Post", "Lamps, 4 | 5 of a set", "Quay Post"),
        ("Featured image: Quay Post", None, "Quay Post"),
        ("", None, None),
    ],
)
def test_caption_and_credit_are_split(
    rendering: str, line: str, caption: str | None, credit: str | None
) -> None:
    html = article_html(rendering, caption=line)
    assert row(html) == expected(rendering, image_caption=caption, image_credit=credit)


@renderings
@pytest.mark.parametrize(
    ("line", "credit"),
    [
        ("Featured image: Quay Post", "Quay Post"),
        ("Featured Image: Quay Post (June 3, 2025)", "Quay Post (June 3, 2025)"),
        ("Illustration by Nadia Ferro", "Illustration by Nadia Ferro"),
    ],
)
def test_a_credit_below_the_text_is_not_a_paragraph(rendering: str, line: str, credit: str) -> None:
    html = article_html(rendering, caption="", lead=paragraphs(FIRST, SECOND, line))
    assert row(html) == expected(rendering, image_caption=None, image_credit=credit)


@renderings
@pytest.mark.parametrize(
    ("image", "url"),
    [
        ('<img src="ferry.jpg" alt="">', f"{SITE}{PATH}ferry.jpg"),
        ('<img src="https://img.test/a.jpg?w=1" alt="x">', "https://img.test/a.jpg?w=1"),
        ('<img src="data:image/gif;base64,R0" data-src="/a.jpg" alt="x">', f"{SITE}/a.jpg"),
        ('<img srcset="/s.jpg 300w, /l.jpg 1200w" alt="x">', f"{SITE}/l.jpg"),
        ('<noscript><img src="/a.jpg" alt="x"></noscript>', f"{SITE}/a.jpg"),
        (
            (
                '<a href="/content_author/mira-olsen/"><img src="/mira.jpg" alt="Mira '
                'Olsen"></a><img src="/a.jpg" alt="x">'
            ),
            f"{SITE}/a.jpg",
        ),
        ('<img src="/mira.jpg" alt="Mira Olsen"><img src="/a.jpg" alt="x">', f"{SITE}/a.jpg"),
    ],
)
def test_the_image_is_the_one_above_the_lead(rendering: str, image: str, url: str) -> None:
    assert row(article_html(rendering, image=image)) == expected(rendering, image_url=url)


@renderings
@pytest.mark.parametrize(
    ("stated", "url"),
    [("/o.jpg", f"{SITE}/o.jpg"), ("https://img.test/o.jpg", "https://img.test/o.jpg")],
)
def test_a_page_without_an_image_may_state_one(rendering: str, stated: str, url: str) -> None:
    html = article_html(
        rendering,
        image="",
        node={"image": None},
        head=f'<meta property="og:image" content="{stated}">',
    )
    assert row(html) == expected(rendering, image_url=url)


@renderings
def test_a_portrait_or_a_logo_is_never_the_article_s_image(rendering: str) -> None:
    byline = (
        '<a href="/content_author/mira-olsen/"><img src="/mira.jpg" alt="Mira Olsen">Mira Olsen</a>'
    )
    html = article_html(rendering, image="", caption="", byline=byline, node={"image": None})
    assert row(html) == expected(rendering, image_url=None, image_caption=None, image_credit=None)


@renderings
@pytest.mark.parametrize(
    "portrait",
    [
        '<a href="/content_author/mira-olsen/"><img src="/mira.jpg" alt=""></a>',
        '<img src="/mira.jpg" alt="Mira Olsen">',
    ],
    ids=["linked", "named"],
)
def test_a_portrait_before_the_only_image_is_passed_over(rendering: str, portrait: str) -> None:
    html = article_html(rendering, caption="", image=portrait + f'<img src="{IMAGE}" alt="x">')
    assert row(html) == expected(rendering, image_caption=None, image_credit=None)


KOREAN = (
    "섬으로 가는 마지막 배가 등불 없이 부두를 떠났고 승객들은 갑판에서 별을 세었다.",
    "항만 사무소는 남은 등불이 몇 개인지 끝내 말하지 않았다.",
)


@renderings
def test_a_korean_article(rendering: str) -> None:
    title = "섬의 마지막 배, 등불 없이 떠나다"
    html = article_html(
        rendering,
        title=title,
        lead=paragraphs(*KOREAN),
        date="2025년 6월 12일",
        visit="2025년 6월 20일",
    )
    assert row(html) == expected(rendering, title=title, body=lines(*KOREAN), language="ko")


@pytest.mark.parametrize(
    ("stated", "language"),
    [("en-US", "en"), ("EN_gb", "en"), ("de", "de"), ("", "en"), ("12", "en"), ("english", "en")],
)
def test_the_stated_language(stated: str, language: str) -> None:
    assert row(article_html("semantic", language=stated)) == expected("semantic", language=language)
