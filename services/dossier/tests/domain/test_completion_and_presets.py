"""How far a dossier has come, and what an office usually asks for."""

import pytest
from dossier.adapters.default_presets import default_catalogue
from dossier.domain.completion import completion
from dossier.domain.document_request import State
from dossier.domain.presets import Choice, Presets, folded
from dossier.domain.reasons import tidy
from dossier.domain.refusals import (
    DeedTypeKnown,
    DeedTypeNotOffered,
    LastDeedType,
    UnknownDeedType,
    UnknownDocumentType,
)
from hypothesis import given
from hypothesis import strategies as st

ASKED, DEPOSITED, REFUSED, VALIDATED, CANCELLED, *_ = State


@pytest.mark.covers("L-31", "L-32")
@pytest.mark.parametrize(
    ("states", "percent", "complete"),
    [
        ([], 0, False),
        ([CANCELLED], 0, False),
        ([ASKED], 0, False),
        ([VALIDATED, DEPOSITED, REFUSED], 33, False),
        ([VALIDATED, CANCELLED], 100, True),
        ([VALIDATED] * 199 + [ASKED], 99, False),
        ([VALIDATED] * 2, 100, True),
    ],
)
def test_completion_is_validated_out_of_asked_for_and_not_cancelled(
    states: list[State], percent: int, *, complete: bool
) -> None:
    found = completion(states)
    assert (found.percent, found.complete) == (percent, complete)


@given(st.lists(st.sampled_from(list(State))))
def test_completion_is_100_exactly_when_nothing_is_missing(states: list[State]) -> None:
    found = completion(states)
    assert found.complete == (found.percent == 100)
    assert found.complete == (set(states) - {CANCELLED} == {VALIDATED})


BAIL = [
    "Autres documents",
    "Avis d'imposition N-1",
    "Avis d'imposition N-2",
    "Bilan comptable",
    "CNI recto-verso",
    "Contrat de travail",
    "Dernières régularisations de charges",
    "DPE",
    "Justificatif de domicile",
    "Livret de famille",
    "RIB daté et signé",
    "Taxe foncière",
    "Titre de propriété des biens",
    "Trois derniers bulletins de salaire",
    "Trois dernières quittances de loyers ou attestation d'hébergement",
]


@pytest.mark.covers("L-41")
def test_the_lease_has_its_fifteen_documents() -> None:
    assert [document.label for document in default_catalogue().deed_type("bail-habitation").documents] == BAIL


@pytest.mark.covers("L-40", "L-42")
def test_every_deed_type_has_its_own_list_and_some_documents_an_explanation() -> None:
    deed_types = default_catalogue().deed_types()
    assert [deed_type.label for deed_type in deed_types] == ["Bail d'habitation", "Donation", "Succession", "Vente"]
    assert len({deed_type.documents for deed_type in deed_types}) == 4
    assert all(any(document.help for document in deed_type.documents) for deed_type in deed_types)


@pytest.mark.covers("L-70")
def test_an_office_has_its_own_list_of_known_types_and_of_its_own() -> None:
    catalogue = default_catalogue().of_office({"vente": Choice(("kbis", "Plan cadastral", "contrat-travail"))})
    documents = catalogue.deed_type("vente").documents
    assert [document.label for document in documents] == [
        "Extrait Kbis de moins de trois mois",
        "Plan cadastral",
        "Contrat de travail",
    ]
    assert default_catalogue().deed_type("donation") == catalogue.deed_type("donation")


@pytest.mark.covers("L-42", "L-70")
def test_an_office_names_deed_types_and_explains_documents_in_its_own_words() -> None:
    defaults = default_catalogue()
    code = defaults.new_code("  Bail  RURAL ")
    assert code == "bail-rural"
    choice = defaults.choice(code, "Bail rural", [("dpe", "Datant de moins d'un an."), ("Plan", None), ("plan", "x")])
    catalogue = defaults.of_office({code: choice, "vente": defaults.choice("vente", "Vente de maison", [("cni", "")])})
    assert [one.label for one in catalogue.deed_types()] == [
        "Bail d'habitation",
        "Bail rural",
        "Donation",
        "Succession",
        "Vente de maison",
    ]
    assert [(one.code, one.label, one.help) for one in catalogue.deed_type(code).documents] == [
        ("dpe", "DPE", "Datant de moins d'un an."),
        ("Plan", "Plan", None),
    ]
    assert catalogue.deed_type("vente").documents[0].help is None
    assert [document.code for document in catalogue.choose(code, ["Plan"], ["DPE"])] == ["Plan", "dpe"]


def test_no_two_deed_types_are_called_the_same_nor_have_one_code() -> None:
    defaults = default_catalogue()
    with pytest.raises(DeedTypeKnown):
        defaults.new_code("bail d'HABITATION")
    defaults.refuse_taken("Vente", but="vente")
    renamed = defaults.of_office({"vente": defaults.choice("vente", "Cession", [("cni", None)])})
    assert renamed.new_code("Vente") == "vente-2"
    assert renamed.new_code("…") == "acte"
    assert len(renamed.new_code("é" * 80)) <= 60


@pytest.mark.covers("L-70")
def test_a_withdrawn_deed_type_is_known_and_not_offered_and_one_is_always_left() -> None:
    defaults = default_catalogue()
    catalogue = defaults.of_office({"vente": Choice(("cni",), "Cession")}, {"vente", "donation"})
    assert {one.code for one in catalogue.deed_types() if one.withdrawn} == {"vente", "donation"}
    for code in ("vente", "donation"):
        with pytest.raises(DeedTypeNotOffered):
            catalogue.refuse_unless_offered(code)
    with pytest.raises(DeedTypeKnown):
        catalogue.new_code("Cession")
    with pytest.raises(UnknownDeedType):
        catalogue.refuse_unless_offered("mariage")
    catalogue.refuse_unless_offered("succession")
    catalogue.refuse_last("succession")
    with pytest.raises(LastDeedType):
        defaults.of_office({}, {"vente", "donation", "bail-habitation"}).refuse_last("succession")


def test_what_was_chosen_before_deed_types_could_be_named_reads_as_it_did() -> None:
    state = {"deed_type": "vente", "documents": ["cni"]}
    Presets.Created.upcast_v1_v2(state)
    assert (state["label"], state["helps"]) == (None, [])
    documents = default_catalogue().of_office({"vente": Choice(("cni",))}).deed_type("vente").documents
    assert documents[0].help == "Les deux faces, lisibles, en cours de validité."


def test_a_reason_is_kept_once() -> None:
    assert tidy(["Illisible.", "  illisible. ", "Périmé."]) == ["Illisible.", "Périmé."]


@pytest.mark.covers("L-43")
def test_the_same_document_twice_is_asked_for_once_and_a_listed_label_means_its_type() -> None:
    chosen = default_catalogue().choose(
        "bail-habitation", ["dpe", "dpe"], ["  dpe ", "LIVRET DE FAMILLE", "taxe fonciere", "Plan", "plan"]
    )
    assert [document.code for document in chosen] == ["dpe", "livret-famille", "taxe-fonciere", ""]


def test_what_is_not_on_a_list_is_refused() -> None:
    with pytest.raises(UnknownDeedType):
        default_catalogue().deed_type("mariage")
    with pytest.raises(UnknownDocumentType):
        default_catalogue().choose("bail-habitation", ["kbis"], [])


def test_labels_are_compared_without_case_accents_and_spaces() -> None:
    assert folded("  Relevé   d'IDENTITÉ ") == "releve d'identite"
