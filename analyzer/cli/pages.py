"""Writes a page and its JSON twin."""

from pathlib import Path

from analyzer.errors import InputError


def write_page(output: Path, page: str, machine: str) -> tuple[Path, Path]:
    """Write both files; a half-written one never stays under the final name."""
    output.parent.mkdir(parents=True, exist_ok=True)
    twin = output.with_suffix(".json")
    if twin == output:
        raise InputError(
            f"{output}: ends like its JSON twin; name the page, for example savings.html"
        )
    for path in (output, twin):
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: is no ordinary file; name a new file with -o")
    for path, text in ((output, page), (twin, machine)):
        part = path.with_name(path.name + ".part")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return output, twin
