"""What changed between two points, and by which event."""

from typing import TYPE_CHECKING, Any

import pytest
from journal.reading.diff import fields

if TYPE_CHECKING:
    from conftest import Platform


def diff(platform: "Platform", first: object, second: object, who: str = "notary") -> dict[str, Any]:
    answer = platform.get(f"/dossiers/{platform.dossier}/diff", who, **{"from": first, "to": second})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_each_change_names_its_field_and_its_event(shared: "Platform") -> None:
    found = diff(shared, 0, 5)
    assert (found["from"]["size"], found["to"]["size"]) == (1, 6)
    matter = next(one for one in found["aggregates"] if one["service"] == "dossier")
    assert matter["changes"] == [
        {"field": "number", "before": 0, "after": 1, "index": 1},
        {"field": "number", "before": 1, "after": 2, "index": 2},
    ]
    assert [(event["index"], event["type"], event["actor"]["name"]) for event in matter["events"]] == [
        (1, "dossier.sample-noted", "Luc M"),
        (2, "dossier.sample-noted", "Luc M"),
    ]
    assert [one["findings"] for one in found["aggregates"]] == [[], [], []]


def test_what_came_between_the_points_changed_from_nothing(shared: "Platform") -> None:
    (paper, other) = [one for one in diff(shared, 2, 5)["aggregates"] if one["service"] == "vault"]
    read = paper if paper["id"] == str(shared.version) else other
    assert {"field": "name", "before": None, "after": "identité.pdf", "index": 3} in read["changes"]
    assert read["changes"][-1] == {"field": "purpose", "before": None, "after": "view", "index": 5}
    assert diff(shared, 5, 5)["aggregates"] == []


@pytest.mark.bad_input("B63")
def test_the_later_point_cannot_come_first(shared: "Platform") -> None:
    answer = shared.get(f"/dossiers/{shared.dossier}/diff", **{"from": 5, "to": 0})
    assert (answer.status_code, answer.json()["code"]) == (422, "points-reversed")


def test_a_client_sees_what_changed_of_theirs(shared: "Platform") -> None:
    found = diff(shared, 2, 5, "client")["aggregates"]
    assert sorted((one["id"] == str(shared.version), one["withheld"], one["changes"] == []) for one in found) == [
        (False, True, True),
        (True, False, False),
    ]
    assert shared.get(f"/dossiers/{shared.dossier}/diff", "foreign client", **{"from": 0, "to": 5}).status_code == 404


def test_a_comparison_over_an_altered_event_says_so(platform: "Platform") -> None:
    platform.tamper("dossier", "UPDATE ledger.stored_events SET state = 'nonsense' WHERE notification_id = 3")
    matter = next(one for one in diff(platform, 0, 5)["aggregates"] if one["service"] == "dossier")
    assert matter["findings"] == [{"code": "event-unreadable", "index": 2}]
    assert [change["index"] for change in matter["changes"]] == [1]


def test_a_comparison_of_more_events_than_one_answer_holds_names_each_of_them(platform: "Platform") -> None:
    platform.note(120)
    platform.take_in()
    (matter,) = diff(platform, 5, 125)["aggregates"]
    assert [(change["index"], change["after"]) for change in matter["changes"]] == [
        (index, index - 6) for index in range(6, 126)
    ]
    assert matter["findings"] == []
    altered = "UPDATE ledger.stored_events SET state = 'nonsense' WHERE notification_id = 100"
    platform.tamper("dossier", altered)
    (matter,) = diff(platform, 5, 125)["aggregates"]
    (finding,) = matter["findings"]
    assert (finding["code"], matter["changes"][-1]["index"]) == ("event-unreadable", finding["index"] - 1)


def test_a_comparison_is_recorded(platform: "Platform") -> None:
    diff(platform, 0, 5, "compliance")
    (said,) = platform.records("access")
    assert (said.body["query"]["from"], said.body["query"]["to"], said.body["purpose"]) == ("0", "5", "control")


@pytest.mark.parametrize(
    ("state", "flat"),
    [
        ({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 2]}),
        (
            {"versions": {"x": {"state": "deposited", "size": 2}}},
            {"versions.x.state": "deposited", "versions.x.size": 2},
        ),
        ({"versions": {}}, {"versions": {}}),
    ],
)
def test_what_is_inside_a_field_is_compared_on_its_own(state: dict[str, Any], flat: dict[str, Any]) -> None:
    assert dict(fields(state)) == flat
