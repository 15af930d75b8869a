"""A split as Croissant 1.0: croissant.json, over clips.parquet with the clips of all parts.

Its record sets are `parts`, the parts by name, and `clips`, a record for each clip. With `copy` the sound is a FileSet
of the folder. What can be said of a licence holds for a whole dataset there, so that every record has its own too.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from mudata.catalog.export.table_files import parquet_table

if TYPE_CHECKING:
    from mudata.catalog.export.export_folder import ExportFolder
    from mudata.catalog.export.export_plan import ExportPlan

_TABLE = "clips.parquet"
_NOWHERE = "https://example.org"
"""For datasets whose cards are gone: Croissant wants an address, and this one is reserved for no use (RFC 2606)."""
_TERMS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references"),
    *("regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _TERMS},
}
"""Source: the recommended context of the Croissant specification 1.0, docs.mlcommons.org/croissant."""

_TYPES = {"text": "sc:Text", "texts": "sc:Text", "number": "sc:Float", "count": "sc:Integer"}


def write_croissant(plan: ExportPlan, folder: ExportFolder) -> None:
    """Write the table, then what describes it."""
    with folder.whole(_TABLE) as draft:
        parquet_table(plan, plan.clips(), draft)
    with (folder.path / _TABLE).open("rb") as table:
        sha256 = hashlib.file_digest(table, "sha256").hexdigest()
    folder.write("croissant.json", json.dumps(_metadata(plan, sha256), ensure_ascii=False, indent=1) + "\n")


def _metadata(plan: ExportPlan, sha256: str) -> dict[str, Any]:
    split, homes = plan.split, [dataset.homepage for dataset in plan.sources if dataset.homepage]
    licences = sorted({clip.terms.url or clip.terms.title for clip in plan.clips()})
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": split.name,
        "description": f"{split!r}",
        "url": next(iter(homes), _NOWHERE),
        "sameAs": homes[1:],
        "citeAs": "\n\n".join(dataset.bibtex or dataset.citation for dataset in plan.sources),
        "license": licences,
        "datePublished": split.created_at[:10],
        "version": "1.0.0",
        "distribution": _distribution(plan, sha256),
        "recordSet": [_parts(plan), _clips(plan)],
    }


def _distribution(plan: ExportPlan, sha256: str) -> list[dict[str, Any]]:
    table = {
        "@type": "cr:FileObject",
        "@id": "table",
        "name": _TABLE,
        "contentUrl": _TABLE,
        "encodingFormat": "application/x-parquet",
        "sha256": sha256,
    }
    suffixes = sorted({clip.row["path"].rpartition(".")[2] for clip in plan.clips() if clip.inside})
    sounds = [
        {
            "@type": "cr:FileSet",
            "@id": f"sound-{suffix}",
            "name": f"sound-{suffix}",
            "encodingFormat": {"mp3": "audio/mpeg", "mid": "audio/midi"}.get(suffix, f"audio/{suffix}"),
            "includes": f"audio/**/*.{suffix}",
        }
        for suffix in suffixes
    ]
    return [table, *sounds]


def _parts(plan: ExportPlan) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "parts",
        "name": "parts",
        "dataType": "cr:Split",
        "key": {"@id": "parts/name"},
        "field": [{"@type": "cr:Field", "@id": "parts/name", "name": "name", "dataType": "sc:Text"}],
        "data": [{"parts/name": part} for part in plan.planned],
    }


def _clips(plan: ExportPlan) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "clips",
        "name": "clips",
        "key": {"@id": "clips/clip_id"},
        "field": [_field(name, kind) for name, kind in plan.columns.items()],
    }


def _field(name: str, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"clips/{name}",
        "name": name,
        "dataType": _TYPES[kind],
        **({"repeated": True} if kind == "texts" else {}),
        **({"references": {"field": {"@id": "parts/name"}}} if name == "part" else {}),
        "source": {"fileObject": {"@id": "table"}, "extract": {"column": name}},
    }
