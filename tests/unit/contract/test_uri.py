from __future__ import annotations

import base64

import pytest

from preview_worker.contract.finding import Code
from preview_worker.contract.uri import DATA_MAX_BYTES, PlaceKind, RefusedUriError, parse_uri


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("board.png", "board.png"),
        ("a\\b\\c.png", "a/b/c.png"),
        ("./a//b.png", "a/b.png"),
        ("100%25 %2e%2e.png", "100%25 %2e%2e.png"),
        ("e\u0301te.png", "éte.png"),
        ("Étape 1: plateau.png", "Étape 1: plateau.png"),
        ("a..b/...c", "a..b/...c"),
    ],
)
def test_parse_uri_gives_a_normal_path_when_the_place_is_relative(uri, text):
    place = parse_uri(uri)
    assert (place.kind, place.text) == (PlaceKind.PATH, text)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "   ",
        ".",
        "/a.png",
        "\\a.png",
        "//server/a.png",
        "C:\\a.png",
        "c:a.png",
        "../a.png",
        "a\\..\\..\\b.png",
        "file:///a.png",
        "FILE:a.png",
        "http://a.example/b.png",
        "javascript:alert(1)",
        "a.png\r",
        "a\u0000.png",
        "x" * 2049,
    ],
)
def test_parse_uri_refuses_when_the_place_is_outside_or_of_another_scheme(uri):
    with pytest.raises(RefusedUriError) as refused:
        parse_uri(uri)
    assert refused.value.code is Code.REFUSED_URI


def test_parse_uri_takes_https_when_it_has_a_host():
    assert parse_uri("HTTPS://assets.example/a%20b.png?x=1").kind is PlaceKind.HTTPS


@pytest.mark.parametrize(
    "uri", ["https://", "https:///a.png", "https://u:p@a.example/", "https://a.example:port/", "https://[::1/a"]
)
def test_parse_uri_refuses_https_when_it_is_malformed_or_carries_credentials(uri):
    with pytest.raises(RefusedUriError):
        parse_uri(uri)


def test_parse_uri_names_s3_as_unsupported_when_it_is_used():
    with pytest.raises(RefusedUriError) as refused:
        parse_uri("s3://bucket/key")
    assert refused.value.code is Code.UNSUPPORTED_FIELD


def test_parse_uri_takes_data_when_it_is_an_image_in_base64():
    assert parse_uri("data:image/png;base64,iVBORw0KGgo=").kind is PlaceKind.DATA


@pytest.mark.parametrize(
    "uri", ["data:,x", "data:text/html;base64,AAAA", "data:image/png;base64,@", "data:image/png,x"]
)
def test_parse_uri_refuses_data_when_it_is_neither_image_nor_audio_in_base64(uri):
    with pytest.raises(RefusedUriError):
        parse_uri(uri)


def test_parse_uri_refuses_data_when_it_is_larger_than_two_mebibytes():
    encoded = base64.b64encode(bytes(DATA_MAX_BYTES + 3)).decode()
    with pytest.raises(RefusedUriError) as refused:
        parse_uri(f"data:image/png;base64,{encoded}")
    assert refused.value.code is Code.TOO_LARGE
