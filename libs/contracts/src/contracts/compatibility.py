"""What may change in a schema that others already read: an optional field may be added, and nothing else."""

from typing import Any


def breaking(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Say what a reader or a writer of `old` would trip over in `new`; an empty list means compatible."""
    before, after = old.get("properties", {}), new.get("properties", {})
    found = [f"{name} is gone" for name in before if name not in after]
    found += [f"{name} changed" for name in before if name in after and _shape(before[name]) != _shape(after[name])]
    found += [f"{name} is now required" for name in new.get("required", []) if name not in old.get("required", [])]
    found += [f"{name} may now be missing" for name in old.get("required", []) if name not in new.get("required", [])]
    return found


def _shape(field: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in field.items() if key not in {"description", "title", "examples"}}
