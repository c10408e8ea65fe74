"""archive.wishes: what headers and pages ask of robots and miners."""

import pytest

from archive.wishes import header_wishes, page_wishes


@pytest.mark.parametrize(
    ("headers", "wishes"),
    [
        pytest.param([], (), id="nothing said"),
        pytest.param([("X-Robots-Tag", "noarchive")], ("noarchive",), id="to every robot"),
        pytest.param([("x-robots-tag", "NoIndex, NOARCHIVE")], ("noarchive", "noindex"), id="in any case"),
        pytest.param([("X-Robots-Tag", "none")], ("noindex",), id="none is noindex and nofollow"),
        pytest.param([("X-Robots-Tag", "nocache")], ("noarchive",), id="Bing's word"),
        pytest.param([("X-Robots-Tag", "Perilune: noarchive")], ("noarchive",), id="to us by name"),
        pytest.param([("X-Robots-Tag", "googlebot: noarchive, noindex")], (), id="to another, both rules"),
        pytest.param([("X-Robots-Tag", "otherbot: noindex, perilune: noarchive")], ("noarchive",), id="two names"),
        pytest.param([("X-Robots-Tag", "nofollow"), ("X-Robots-Tag", "noindex")], ("noindex",), id="two headers"),
        pytest.param(
            [("X-Robots-Tag", "unavailable_after: 25 Jun 2010 15:00:00 PST, noarchive")],
            ("noarchive",),
            id="a rule with a value is no name",
        ),
        pytest.param([("tdm-reservation", "1")], ("tdm_reserved",), id="reserved against mining"),
        pytest.param([("tdm-reservation", "0")], (), id="not reserved"),
        pytest.param([("X-Robots-Tag", "noarchived"), ("X-Robots", "noindex")], (), id="other words"),
    ],
)
def test_headers(headers, wishes):
    assert header_wishes(headers) == wishes


@pytest.mark.parametrize(
    ("tags", "wishes"),
    [
        pytest.param([("robots", "noindex, noarchive")], ("noarchive", "noindex"), id="to every robot"),
        pytest.param([("Perilune", "noindex")], ("noindex",), id="to us by name"),
        pytest.param([("googlebot", "noarchive")], (), id="to another"),
        pytest.param([("robots", "index, follow, max-image-preview:large")], (), id="all allowed"),
        pytest.param([("tdm-reservation", " 1 ")], ("tdm_reserved",), id="reserved"),
        pytest.param([("robots", "index"), ("robots", "noarchive")], ("noarchive",), id="the stricter of two"),
    ],
)
def test_page(tags, wishes):
    assert page_wishes(tags) == wishes
