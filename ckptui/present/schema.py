"""The JSON schema of every document, generated from the types and shipped as ``schema.json``.

``python -m ckptui.present.schema`` rewrites it; a contract test holds that it is current.
"""

from __future__ import annotations

import json
import os
from typing import Final

from ckptui.present.document_types import DOCUMENTS

SCHEMA_PATH: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schema.json")


def generate() -> str:
    """The schema as text: one definition a document, under ``$defs``."""
    # pydantic is heavy and serves here only: nobody who reads a checkpoint waits for it.
    from pydantic import TypeAdapter

    _, schema = TypeAdapter.json_schemas(
        [(name, "serialization", TypeAdapter(kind)) for name, kind in DOCUMENTS.items()],
        title="ckptui --json",
        description="The JSON documents of ckptui's command line.",
        ref_template="#/$defs/{model}",
    )
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**head, **schema}, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Rewrite ``schema.json``."""
    with open(SCHEMA_PATH, "w", encoding="ascii") as file:
        file.write(generate())


if __name__ == "__main__":
    main()
