"""The proof of a date on paper: the same object as everywhere, set by Typst as a tagged PDF (PDF/UA-1).

No network, and no font of the machine: those we use lie beside the template.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

PRINT = Path(__file__).resolve().parent.parent / "print"


def proof_on_paper(proof: Mapping[str, Any]) -> bytes:
    """A PDF of one page; of more only when there is more to say than fits in small print.

    What people typed is handed over as data, so none of it can be markup.
    """
    made: bytes = typst.compile(
        str(PRINT / "proof.typ"),
        root=str(PRINT),
        font_paths=[str(PRINT / "fonts")],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=int(datetime.fromisoformat(proof["at"]).timestamp()),
        sys_inputs={"proof": json.dumps(proof)},
    )
    return made
