"""What commands print of several documents as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tracedsl.render.json import SCHEMA_VERSION


class JsonDocuments:
    """Documents as one JSON object, printed as they come."""

    def __init__(self) -> None:
        self.separator = ""

    def write(self, document: Mapping[str, Any]) -> None:
        """Print a document."""
        print(self.separator or f'{{"schema_version": {SCHEMA_VERSION}, "documents": [')
        print(json.dumps(document), end="")
        self.separator = ","

    def close(self) -> None:
        """Print what ends the object."""
        print("\n]}" if self.separator else f'{{"schema_version": {SCHEMA_VERSION}, "documents": []}}')
