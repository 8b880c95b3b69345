"""What the formats room reads of one open file, brought together for the levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ckptui.formats.model import Header, Problem, Record
from ckptui.formats.reader import read_header_from
from ckptui.formats.recognise import HEAD, recognise
from ckptui.validation.container import ZIPS
from ckptui.validation.source import Source


@dataclass(frozen=True, slots=True)
class Content:
    """Header and, where it was read, the whole container.

    Attributes:
        header: As the header reader has it.
        records: The container's records.
        problems: Of both readers, each once.
        end: Where the records end (the central directory starts), in bytes.
    """

    header: Header
    records: Sequence[Record]
    problems: Sequence[Problem]
    end: int = 0


def read_content(source: Source, *, whole: bool) -> Content:
    """Read the header, and the whole container where ``whole`` is true.

    Raises:
        OSError: Where the disk does not let us.
    """
    is_zip = recognise(source.pread(HEAD, 0), source.size) in ZIPS
    # A zip's container is read whole below; all others are by their own reader.
    header = read_header_from(source, source.size, source.path, full=whole and not is_zip)
    # A part of a distributed checkpoint has no records of its own: many archives in one file.
    is_part = not header.records and not header.problems
    if header.format == "sharded-index":
        from ckptui.validation.shards import problems_beside

        problems = (*header.problems, *problems_beside(source.path))
        return Content(header, header.records, problems)
    if not whole or is_part or header.format not in ZIPS:
        return Content(header, header.records, header.problems)
    from ckptui.formats.zip_container import read_container

    container = read_container(source.fd, source.size)
    seen = {(problem.code, problem.offset) for problem in header.problems}
    more = [p for p in container.problems if (p.code, p.offset) not in seen]
    records = container.records or header.records
    return Content(header, records, (*header.problems, *more), container.directory_start)
