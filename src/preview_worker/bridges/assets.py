"""The assets of an import: those the file declares, and those its scenes turn out to need."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

from preview_worker.bridges.naming import slug, unique, valid_label
from preview_worker.bridges.nearby import IMAGE_SUFFIXES, Nearby
from preview_worker.bridges.node import Node
from preview_worker.bridges.places import NoPlaceError, Reduced, is_audio, reduced, stem_of
from preview_worker.bridges.remarks import Ledger
from preview_worker.bridges.words import LINE_MAX
from preview_worker.contract.finding import Location
from preview_worker.contract.request import ASSETS_MAX

TABLES = ("assets", "images", "imageAssets", "assetLibrary")
"""Members that hold a table of assets."""
PLACE_KEYS = (
    "uri",
    "path",
    "file",
    "filePath",
    "renderPath",
    "src",
    "image",
    "imagePath",
    "fileName",
    "filename",
    "url",
    "imageUrl",
    "previewUrl",
)
UNRESOLVED = "names an asset the file doesn't hold; it is drawn as a labelled box until you give it a uri"
BESIDE = "is found beside the file"
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_MEASURED = ("dimensions", "width", "height", "mimeType", "mediaType", "size", "sizeBytes", "durationSec")


class AssetTable:
    """Assets by id, each file once.

    Args:
        ledger: Where remarks go.
        nearby: Files that lie beside the imported one.
        hosts: Hosts whose https addresses are kept.
    """

    def __init__(self, ledger: Ledger, nearby: Nearby, *, hosts: Container[str] = ()) -> None:
        self._ledger = ledger
        self._hosts = hosts
        self.nearby = nearby
        self._assets: dict[str, dict[str, Any]] = {}
        self._by_reference: dict[str, str] = {}
        self._by_uri: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._places: dict[str, str] = {}

    def as_json(self) -> list[dict[str, Any]]:
        """Return the assets as the payload has them."""
        return list(self._assets.values())

    def declare(self, node: Node) -> None:
        """Read the tables of assets that an object holds: arrays of objects or paths, or objects by id."""
        for key in TABLES:
            table = node.members.get(key)
            if isinstance(table, dict):
                node.skip(key)
                for name, entry in table.items():
                    self._declare(entry, (*node.place, key, name), node, name=str(name))
            elif isinstance(table, list):
                for entry, place in node.entries(key):
                    self._declare(entry, place, node, name="")

    def knows(self, reference: str) -> bool:
        """Tell whether a reference names an asset that was declared."""
        return reference in self._by_reference

    def of(self, reference: str, place: Location) -> str | None:
        """Return the id of the asset that a text refers to: an id, else a path, else an asset without a file."""
        if reference in self._by_reference:
            return self._by_reference[reference]
        if "/" in reference or "\\" in reference or reference.lower().endswith(IMAGE_SUFFIXES):
            return self.file(reference, place)
        beside = self.nearby.of_stem(reference, IMAGE_SUFFIXES)
        if beside is not None:
            self._ledger.changed(place, BESIDE, beside)
            return self._add(reference, {"uri": beside}, place)
        if valid_label(reference):
            self._ledger.check(place, UNRESOLVED, reference)
        return self._add(reference, {}, place)

    def of_node(self, node: Node, *, is_asset: bool = False) -> str | None:
        """Return the id of the asset that an object shows, by its id or the place of a file; None when by neither.

        Args:
            node: The object.
            is_asset: Whether it stands for the asset itself, so that its `id` is the asset's.
        """
        reference, place = self._name_and_place(node)
        if is_asset and not reference:
            reference = node.name("id")
        if reference and (place is None or reference in self._by_reference):
            if place is not None and place[0] != self._places.get(reference):
                self._ledger.dropped(place[1], "isn't needed: the asset says where its file is", place[0])
            return self.of(reference, node.at("assetId" if node.has("assetId") else "id"))
        if place is None:
            self._ledger.dropped(node.place, "names no picture")
            return None
        return self._add_file(reference, place[0], place[1], {})

    def file(self, text: str, place: Location) -> str | None:
        """Return the id of the asset that is the file at a place; None, with a remark, where it names none."""
        return self._add_file("", text, place, {})

    def found(self, path: str) -> str | None:
        """Return the id of the asset that is a file found beside the imported one."""
        return self._add_file("", path, (), {})

    def _declare(self, entry: Any, place: Location, node: Node, *, name: str) -> None:
        if isinstance(entry, str) and entry.strip():
            self._add_file(name, entry, place, {})
            return
        if not isinstance(entry, dict):
            self._ledger.dropped(place, "is no asset: it must be an object or a path", entry)
            return
        asset = node.reading.open(entry, place)
        reference = asset.name("id", "assetId", "key") or name
        found = self._place(asset)
        words = {
            "alt": asset.text("alt", "caption", "label", "description", limit=LINE_MAX),
            "credit": asset.text("credit", "author", limit=LINE_MAX),
            "license": asset.text("license", "licence", limit=LINE_MAX),
            "sha256": self._sha256(asset),
        }
        asset.drop("isn't needed: the file itself is measured", *_MEASURED)
        asset.skip("type", "kind")
        members = {key: text for key, text in words.items() if text}
        if found is not None:
            self._add_file(reference, found[0], found[1], members)
        elif reference:
            self._ledger.check(place, "says nowhere where its file is; it is drawn as a labelled box")
            self._add(reference, members, place)
        else:
            self._ledger.dropped(place, "has neither an id nor a file")

    def _name_and_place(self, node: Node) -> tuple[str, tuple[str, Location] | None]:
        key = next((key for key in ("assetId", "imageAssetId") if node.has(key)), None)
        reference = node.name(key) if key is not None else ""
        place = self._place(node)
        if not reference and place is None:
            reference = node.name("id")
            reference = reference if reference in self._by_reference else ""
        return reference, place

    def _place(self, node: Node) -> tuple[str, Location] | None:
        for key in PLACE_KEYS:
            value = node.members.get(key)
            if isinstance(value, str) and value.strip():
                node.skip(key)
                others = [other for other in PLACE_KEYS if other != key]
                node.drop(f"isn't needed: {key} says where the file is", *others)
                return value, node.at(key)
        return None

    def _sha256(self, node: Node) -> str:
        written = node.name("sha256")
        if written and not _SHA256.fullmatch(written):
            self._ledger.dropped(node.at("sha256"), "is no SHA-256", written)
            return ""
        return written

    def _add_file(self, reference: str, text: str, place: Location, members: dict[str, Any]) -> str | None:
        try:
            file = reduced(text, self._hosts)
        except NoPlaceError as fault:
            self._ledger.dropped(place, str(fault), text)
            return self._add(reference, members, place) if reference else None
        uri = self._settled(file, text, place)
        if not reference and uri in self._by_uri:
            return self._by_uri[uri]
        known = {**members, "uri": uri} | ({"type": "audio"} if is_audio(uri) else {})
        self._places.setdefault(reference, text)
        asset_id = self._add(reference or slug(stem_of(uri)) or "asset", known, place, is_own=bool(reference))
        if asset_id is not None:
            self._by_uri.setdefault(uri, asset_id)
        return asset_id

    def _settled(self, file: Reduced, text: str, place: Location) -> str:
        """Prefer a file of that name beside the imported one, and keep apart files of which only one name is left."""
        if file.is_remote or file.uri[:5].lower() == "data:":
            return file.uri
        beside = self.nearby.at(file.uri) or self.nearby.named(file.uri.rpartition("/")[2])
        if beside is not None and beside != file.uri:
            self._ledger.changed(place, BESIDE, beside)
            return beside
        if file.changed is None:
            return file.uri
        uri, folder = file.uri, slug(file.parent)
        if self._written.setdefault(uri, text.strip()) != text.strip() and folder:
            uri = f"{folder}/{uri}"
        self._ledger.changed(place, file.changed, uri)
        return uri

    def _add(self, reference: str, members: dict[str, Any], place: Location, *, is_own: bool = True) -> str | None:
        if len(self._assets) >= ASSETS_MAX:
            self._ledger.dropped(place, f"is one asset more than the {ASSETS_MAX} allowed")
            return None
        label = valid_label(reference)
        if not label:
            self._ledger.dropped(place, "has no usable name", reference)
            return None
        asset_id = unique(label, self._assets)
        if is_own and asset_id != reference:
            self._ledger.changed(place, f"is called {asset_id} now", reference)
        self._assets[asset_id] = {"id": asset_id, **members}
        if is_own:
            self._by_reference.setdefault(reference, asset_id)
        return asset_id
