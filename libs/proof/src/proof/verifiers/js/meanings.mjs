// What each check means to somebody who has never heard of it: its name, what its failure says, why it may be left out.

export const FAMILIES = {
  CERTIFICATE: "Le certificat",
  LOCAL_INTEGRITY: "Ce que contient le dossier de preuve",
  MERKLE_INTEGRITY: "La place de chaque écriture dans le journal",
  SIGNATURE: "Qui s'en porte garant",
  CHAIN: "Rien n'a été retiré ni déplacé",
};

/** Name → [what it is called, what is wrong when it fails, why it may not apply]. */
export const MEANINGS = {
  "certificate-attachment": [
    "Dossier de preuve joint au PDF", "La pièce jointe du certificat est abîmée, absente ou en double : il ne prouve plus rien.", "",
  ],
  "certificate-seal": [
    "Sceau électronique du PDF", "Ce PDF n'est plus celui qui a été scellé : ses pages ont été modifiées.",
    "Ce PDF ne porte pas de sceau. Ses pages ne sont pas contrôlées : ne vous fiez qu'à ce qui est affiché ici.",
  ],
  container: ["Archive", "Des fichiers du dossier de preuve ont changé depuis qu'il a été fait.", ""],
  "entry-canonical": ["Écriture des faits", "Une écriture a été réécrite ou abîmée.", ""],
  manifest: ["Sommaire", "Le sommaire ne correspond pas au contenu.", ""],
  "entry-scope": ["Sujet", "Une écriture d'un autre dossier a été glissée ici.", ""],
  "event-state": [
    "Base de données", "Ce que le service conserve n'est plus ce qui a été scellé : l'événement a été modifié ou effacé.", "Aucun événement.",
  ],
  opening: [
    "Contenus révélés", "Un contenu montré n'est pas celui de l'écriture scellée.", "Aucun contenu n'est révélé dans ce dossier de preuve.",
  ],
  "document-digest": [
    "Empreintes des documents", "L'empreinte montrée n'est pas celle qui a été scellée.", "Aucune empreinte n'est révélée.",
  ],
  "document-file": [
    "Vos fichiers", "Ce fichier n'est pas, à l'octet près, l'un des documents de ce dossier de preuve.",
    "Vous n'avez fourni aucun document à comparer.",
  ],
  "object-bytes": [
    "Coffre", "Ce que le coffre conserve n'est plus le document déposé.", "Aucun document à comparer dans le coffre.",
  ],
  inclusion: ["Place dans le journal", "Une écriture n'est pas dans l'arbre du journal à la place annoncée.", ""],
  consistency: [
    "Croissance du journal", "Le journal a été réécrit : un état ancien n'est plus le début de l'état récent.", "Un seul état du journal est montré.",
  ],
  "known-checkpoint": [
    "États que vous déteniez", "Le journal ne prolonge pas l'état que vous déteniez : on vous montre une autre histoire.",
    "Vous n'avez fourni aucun état antérieur du journal (.note).",
  ],
  "checkpoint-signature": [
    "Signature du journal", "L'état du journal n'est pas signé par une clé à laquelle vous faites confiance.",
    "Aucune clé de votre politique ne permet d'en juger.",
  ],
  cosignature: ["Contre-signatures", "La contre-signature d'un témoin est fausse.", "Votre politique ne nomme aucun témoin, ou aucun n'a signé."],
  "witness-quorum": ["Nombre de témoins", "", "Pas assez de témoins de votre politique ont vu cet état du journal."],
  "witness-clock": ["Heure des témoins", "Un témoin dit avoir vu les états dans le désordre.", "Un seul état est contresigné."],
  timestamp: [
    "Horodatage", "Un horodatage est faux, déplacé, ou vient d'une autorité que vous ne connaissez pas.", "Aucun horodatage, ou aucune autorité dans votre politique.",
  ],
  "timestamp-order": ["Ordre des horodatages", "Les horodatages se contredisent.", "Il n'y en a pas deux à comparer."],
  "recorded-time": [
    "Dates des écritures", "Une écriture porte une date que les horodatages démentent.", "Aucun horodatage auquel les comparer.",
  ],
  "public-anchor": ["Ancrage public", "Un ancrage ne mène pas au bloc annoncé.", "Aucun ancrage n'a pu être jugé."],
  "leaf-order": ["Ordre des écritures", "Des écritures sont en double ou déplacées.", ""],
  "service-counter": ["Compteurs des services", "Des écritures d'un service sont en double ou déplacées.", ""],
  "aggregate-versions": ["Versions de chaque objet", "Il manque une version : un événement a été retiré.", "Aucun événement."],
  "office-counter": ["Compteur de l'office", "Des écritures de l'office sont en double ou déplacées.", "Aucune écriture d'un office."],
  "office-chain": ["Chaîne de l'office", "Une écriture ne désigne pas la précédente : l'une d'elles a été changée.", "Aucune écriture d'un office."],
  head: [
    "Clôture", "Il manque une écriture avant la clôture : la fin ou une partie a été retirée.",
    "Ce dossier de preuve n'a pas d'écriture de clôture : une fin coupée ne se verrait pas.",
  ],
};

/** Level → [what is established, which attack remains possible, what is needed to get there]. */
export const LEVELS = [
  [
    "Les fichiers concordent entre eux.", "Quelqu'un a pu les fabriquer tous ensemble.", "",
  ],
  [
    "Le journal a signé cet état.",
    "L'opérateur du journal, qui détient la clé, peut encore réécrire toute l'histoire ou montrer deux journaux différents.",
    "une politique de confiance qui contient la clé du journal",
  ],
  [
    "Le journal prolonge un état que vous déteniez déjà.",
    "L'opérateur peut encore montrer un autre journal à quelqu'un d'autre, à partir de cet état.",
    "un état du journal (.note) que vous avez gardé",
  ],
  [
    "Assez de témoins indépendants ont vu cet état du journal.",
    "Il faudrait que l'opérateur et assez de témoins s'entendent. Les dates restent celles des serveurs.",
    "la contre-signature d'assez de témoins de votre politique",
  ],
  [
    "Une autorité extérieure a horodaté le journal après chaque événement montré.",
    "Il faudrait que l'opérateur, assez de témoins et l'autorité d'horodatage s'entendent.",
    "un horodatage d'une autorité de votre politique",
  ],
  [
    "Le journal est ancré dans la chaîne publique de Bitcoin.",
    "Même ensemble, ils ne peuvent plus changer ce qui précède le bloc ; ils ont pu ancrer deux journaux différents avant lui, et l'en-tête de bloc de votre politique peut ne pas être celui de la chaîne.",
    "un ancrage public et l'en-tête de son bloc dans votre politique",
  ],
];

export const VERDICTS = {
  intact: ["Rien n'a été modifié depuis que ces faits ont été scellés.", "good"],
  "below-level": ["Rien n'est altéré, mais ce qui est fourni ne suffit pas à établir le niveau demandé.", "wait"],
  tampered: ["Quelque chose a été modifié. Ce qui ne va pas est nommé ci-dessous.", "bad"],
  foreign: [
    "Le dossier de preuve lui-même est bon, mais un de vos fichiers n'est aucun de ses documents : il a été modifié, ou c'est un autre.",
    "bad",
  ],
  malformed: ["Ce fichier ne peut pas être lu comme un dossier de preuve : il est incomplet, abîmé, ou c'est autre chose.", "bad"],
};

export const KINDS = {
  bundle: "Dossier de preuve", certificate: "Certificat", policy: "Politique de confiance",
  known: "État du journal que vous déteniez", document: "Document",
};
