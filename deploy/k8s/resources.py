"""What each process asks of a node and is held to: measured (README.md, "What they need"), with room.

The request of memory is what a process holds when it works; the limit is what it may reach. A limit of processor time
would only make requests wait. Pods of `serve` are added when they use 70 % of the time that they ask for.
"""

from typing import Any

Needs = dict[str, Any]

CPU = {
    "serve": "250m",
    "work": "100m",
    "migrate": "50m",
    # It takes in the events of all the others, and signs every 5 s.
    "journal work": "250m",
}
MEMORY = {
    "serve": ("160Mi", "512Mi"),
    "work": ("160Mi", "512Mi"),
    "migrate": ("128Mi", "512Mi"),
    # Two passwords at once take 64 MiB each.
    "identity serve": ("192Mi", "768Mi"),
    # What is exported is gathered and sealed.
    "journal serve": ("192Mi", "768Mi"),
    # Letters are composed and sealed.
    "lre-gateway serve": ("192Mi", "768Mi"),
    # Previews are made by two child processes, which may take 512 MiB each.
    "vault serve": ("256Mi", "1792Mi"),
    "vault work": ("256Mi", "1792Mi"),
}


def needs(name: str, verb: str) -> Needs:
    """Return the requests and limits of a process."""
    own = f"{name} {verb}"
    request, limit = MEMORY.get(own, MEMORY[verb])
    return {"requests": {"cpu": CPU.get(own, CPU[verb]), "memory": request}, "limits": {"memory": limit}}
