"""Text where a checkpoint should be: pages, errors, pointers, and checkpoints written as text."""

from __future__ import annotations

import base64
import binascii
import html
import json
import os
import re
from typing import Final

from ckptui.formats.recognise import describe, recognise
from ckptui.terms import Category
from ckptui.validation.diagnosis.evidence import Evidence, one_line
from ckptui.validation.diagnosis.model import Cause

_TITLE: Final = re.compile(rb"<title[^>]{0,200}>(.{0,2000}?)</title", re.IGNORECASE | re.DOTALL)
_CODE: Final = re.compile(rb"<Code>([^<]{1,200})</Code>")
_MESSAGE: Final = re.compile(rb"<Message>([^<]{1,500})</Message>")
_LFS: Final = re.compile(rb"^oid (\S{1,100})\nsize (\d{1,20})\b", re.MULTILINE)
_WORDS_OF_LOGIN: Final = re.compile(r"sign.?in|log.?in|authenti|unauthori[sz]ed|401", re.IGNORECASE)
_WORDS_OF_ABSENCE: Final = re.compile(r"404|not found|no longer|does not exist", re.IGNORECASE)
_WORDS_OF_REFUSAL: Final = re.compile(r"403|forbidden|denied|blocked|robot|captcha", re.IGNORECASE)
_AGAIN: Final = "download it again, then compare its size or hash with the publisher's"
_STORE_ADVICE: Final = {
    "AccessDenied": "the store refused it: sign in, or ask its owner for read access",
    "NoSuchKey": "the store has no file of that name: check the address",
    "NoSuchBucket": "the store has no such bucket: check the address",
    "ExpiredToken": "the login had run out: sign in anew, then download it again",
    "BlobNotFound": "the store has no file of that name: check the address",
    "SlowDown": "the store was busy: download it again later",
}
_CHECKPOINTS: Final = frozenset({"torch-zip", "torch-legacy", "safetensors", "gguf", "hdf5"})
_ERRORS: Final = ("error", "message", "detail", "Message", "errors", "error_description")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/=\r\n]+")
_HEX: Final = re.compile(rb"[0-9A-Fa-f\r\n ]+")


def find(evidence: Evidence) -> Cause | None:
    """What the text is, or None where the file is no text."""
    kind = evidence.header.format.removeprefix("foreign:")
    finders = {
        "html": _html,
        "xml": _xml,
        "json": _json,
        "git-lfs": _git_lfs,
        "text": _text,
    }
    finder = finders.get(kind) if evidence.header.format.startswith("foreign:") else None
    return finder(evidence) if finder is not None else None


def _html(evidence: Evidence) -> Cause:
    found = _TITLE.search(evidence.head)
    title = one_line(html.unescape(found[1].decode("utf-8", "replace"))) if found else ""
    called = f" titled “{title}”" if title else ""
    reason = f"not a checkpoint: it is an HTML page{called}, as a failed download leaves behind"
    return Cause("html", reason, advice=_what_the_server_meant(title))


def _what_the_server_meant(title: str) -> str:
    if _WORDS_OF_LOGIN.search(title):
        return "the server wanted a login: download it again with one (a token or a cookie)"
    if _WORDS_OF_ABSENCE.search(title):
        return "the server had no such file: check the address"
    if _WORDS_OF_REFUSAL.search(title):
        return "the server refused it: sign in, or ask its owner"
    return _AGAIN


def _xml(evidence: Evidence) -> Cause | None:
    code, message = _CODE.search(evidence.head), _MESSAGE.search(evidence.head)
    if code is None:
        return None
    word = one_line(code[1].decode("utf-8", "replace"), 40)
    why = one_line(html.unescape(message[1].decode("utf-8", "replace"))) if message else ""
    reason = f"not a checkpoint: it is an object store's error message, {word}"
    said = (f"the store said: {why}",) if why else ()
    return Cause("store-error", reason, said, _STORE_ADVICE.get(word, _AGAIN))


def _json(evidence: Evidence) -> Cause | None:
    document = _parsed(evidence)
    if not isinstance(document, dict):
        return None
    for key in _ERRORS:
        if isinstance(document.get(key), str):
            said = one_line(document[key], 120)
            reason = f"not a checkpoint: it is a server's error message in JSON: “{said}”"
            return Cause("json-error", reason, advice=_AGAIN)
    if not document:
        return None
    names = ", ".join(one_line(str(key), 30) for key in list(document)[:5])
    what = "a model's configuration in JSON" if "architectures" in document else "JSON"
    more = f" and {len(document) - 5} more" if len(document) > 5 else ""
    reason = f"not a checkpoint: it is {what}, with the keys {names}{more}"
    return Cause("json", reason, advice="see whether it was given the wrong name")


def _parsed(evidence: Evidence) -> object:
    if evidence.size > len(evidence.head):
        return None
    try:
        document: object = json.loads(evidence.head)
    except (ValueError, RecursionError):
        return None
    return document


def _git_lfs(evidence: Evidence) -> Cause:
    found = _LFS.search(evidence.head)
    lines: tuple[str, ...] = ()
    if found is not None:
        oid, size = found[1].decode("ascii", "replace"), int(found[2])
        lines = (f"it points to {size:,} bytes, {oid}",)
    reason = "not a checkpoint: it is a git-lfs pointer; `git lfs pull` fetches the file itself"
    return Cause("git-lfs", reason, lines, "git lfs pull --include FILE")


def _text(evidence: Evidence) -> Cause | None:
    return _link(evidence) or _encoded(evidence) or _plain_text(evidence)


def _link(evidence: Evidence) -> Cause | None:
    """One path and nothing else: a symbolic link that a copy wrote out as its text."""
    text = evidence.head.rstrip(b"\r\n")
    if evidence.size > 1024 or b"/" not in text or len(text.split()) != 1 or b"://" in text:
        return None
    if not re.fullmatch(rb"[\w./@+=:~-]+", text):
        return None
    target = os.fsdecode(text)
    there = os.path.exists(os.path.join(os.path.dirname(evidence.source.path), target))
    line = "what it points to is there" if there else "what it points to is not there"
    reason = f"not a checkpoint: it is the text of a link to {one_line(target, 120)}"
    advice = "copy the target itself (cp -L, rsync -L, hf download --local-dir)"
    return Cause("link-text", reason, (line,), advice)


def _encoded(evidence: Evidence) -> Cause | None:
    """A checkpoint as base64 or hexadecimal digits."""
    head = evidence.head[:4096]
    for called, pattern, decode, command in (
        ("hexadecimal digits", _HEX, binascii.unhexlify, "xxd -r -p FILE NEW"),
        ("base64", _BASE64, base64.b64decode, "base64 -d FILE > NEW"),
    ):
        if not pattern.fullmatch(head):
            continue
        digits = b"".join(head.split())
        try:
            inside = decode(digits[: len(digits) // 4 * 4])
        except ValueError:
            continue
        kind = recognise(inside, 1 << 40)
        if kind in _CHECKPOINTS:
            reason = f"a {describe(kind)} written as text ({called})"
            return Cause("encoded", reason, advice=command, category=Category.FOREIGN)
    return None


def _plain_text(evidence: Evidence) -> Cause | None:
    first = next((line for line in evidence.head[:4096].splitlines() if line.strip()), b"")
    shown = one_line(first.decode("utf-8", "replace"), 60)
    if not shown:
        return None
    reason = f"not a checkpoint: it is text, beginning “{shown}”"
    return Cause("text", reason, advice="see whether it was given the wrong name")
