"""The command line: every verb that the help names can be carried out."""

import argparse
from collections.abc import Iterator
from pkgutil import resolve_name

import pytest
from launcher.__main__ import main, parser
from launcher.verbs import OWN_PARSER


def verbs(top: argparse.ArgumentParser, *before: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Give every verb with its parser, those below another verb too."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                deeper = list(verbs(below, *before, name))
                yield from deeper or [(" ".join((*before, name)), below)]


VERBS = dict(verbs(parser()))


@pytest.mark.parametrize("words", VERBS)
def test_a_verb_leads_to_a_function(words: str) -> None:
    target = OWN_PARSER.get(words) or VERBS[words].get_default("run")
    assert callable(resolve_name(target))


@pytest.mark.parametrize("words", VERBS)
def test_a_verb_explains_itself(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*words.split(), "--help"])
    assert left.value.code == 0
    assert f"scelle {words}" in capsys.readouterr().out


def test_the_help_has_one_line_or_two_for_each_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(f"\n    {name.split()[0]} " in shown for name in VERBS)


def test_an_unknown_verb_is_a_malformed_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["undo"])
    assert left.value.code == 2
    assert "undo" in capsys.readouterr().err
