// The sentences of a report, in French: the same as those of the command.

export const WORDS = {
  intact: "VERDICT : INTACT",
  tampered: "VERDICT : ALTÉRÉ. Au moins un contrôle a échoué ; il est nommé ci-dessous.",
  malformed: "VERDICT : ILLISIBLE. Le fichier n'est pas un dossier de preuve bien formé.",
  "below-level": "VERDICT : NIVEAU INSUFFISANT. Rien n'est altéré, mais le niveau demandé n'est pas atteint.",
  level: "Niveau d'assurance",
  "level-0":
    "les fichiers concordent entre eux. Qui les a tous fabriqués ensemble n'est pas détecté : aucune clé de " +
    "confiance n'a été fournie.",
  "level-1":
    "signé par le journal. Un opérateur qui détient la clé peut encore réécrire toute l'histoire ou montrer " +
    "deux journaux différents.",
  "level-2":
    "signé, et prolonge un état du journal que vous déteniez déjà : l'histoire antérieure à cet état n'a pas " +
    "été réécrite. L'opérateur peut encore montrer un autre journal à quelqu'un d'autre.",
  "level-3":
    "signé, et vu par assez de témoins indépendants : l'opérateur ne peut plus réécrire l'histoire ni montrer " +
    "deux journaux sans la complicité d'assez de témoins. Les dates restent celles des serveurs.",
  "level-4":
    "signé, vu par assez de témoins, et horodaté par une autorité extérieure : chaque événement montré " +
    "existait à la date de l'horodatage. Il reste possible que l'opérateur, assez de témoins et l'autorité " +
    "s'entendent.",
  "level-5":
    "signé, vu par assez de témoins, horodaté, et ancré dans la chaîne publique de Bitcoin : même ensemble, " +
    "l'opérateur, les témoins et l'autorité ne peuvent plus changer ni antidater ce qui précède le bloc. Il " +
    "reste possible qu'ils aient, avant lui, ancré deux journaux différents ; et que l'en-tête de bloc fixé " +
    "par votre politique ne soit pas celui de la chaîne.",
  dossier: "Dossier",
  office: "Office",
  aggregate: "Objet",
  witnessed_at: "Vu par assez de témoins le",
  stamped_at: "Dernier horodatage",
  anchored_at: "Ancré avant le bloc daté du",
  anchor: "Ancrage",
  entries: "écritures",
  log: "Journal",
  leaves: "feuilles",
  root: "racine",
  passed: "bon",
  failed: "ÉCHEC",
  "not-applicable": "-",
  container: "l'archive et chacun de ses fichiers sont tels qu'ils ont été écrits",
  "entry-canonical": "chaque écriture est sous sa seule forme canonique",
  manifest: "le sommaire dit exactement ce que l'archive contient",
  "entry-scope": "chaque écriture concerne ce qui est annoncé : le dossier, l'office ou l'objet",
  "event-state": "ce que le service conserve aujourd'hui est ce qui a été scellé",
  opening: "chaque contenu révélé est celui de l'écriture (payload_c)",
  "document-digest": "l'empreinte de chaque document révélée est celle qui a été scellée",
  "document-file": "chaque fichier fourni est un document de ce dossier",
  "object-bytes": "ce que le coffre conserve aujourd'hui est ce qui a été déposé",
  inclusion: "chaque écriture est dans l'arbre, à sa place",
  consistency: "chaque état du journal prolonge les précédents",
  "known-checkpoint": "le journal prolonge les états que vous déteniez",
  "checkpoint-signature": "les états du journal sont signés par une clé de votre politique de confiance",
  cosignature: "chaque contre-signature d'un témoin de votre politique est bonne et dit une date",
  "witness-quorum": "assez de témoins de votre politique ont vu le dernier état du journal",
  "witness-clock": "aucun témoin n'a vu un état du journal avant un état plus petit",
  timestamp: "chaque horodatage vient d'une autorité de votre politique et porte sur son état du journal",
  "timestamp-order": "les horodatages se suivent dans l'ordre où le journal a grandi",
  "recorded-time": "les dates d'enregistrement s'accordent avec les horodatages qui les encadrent",
  "public-anchor": "chaque ancrage public mène de son état du journal au bloc que votre politique fixe",
  "leaf-order": "les places dans le journal sont croissantes et uniques",
  "service-counter": "les numéros de chaque service sont croissants et uniques",
  "aggregate-versions": "les versions de chaque objet se suivent sans trou",
  "office-counter": "les numéros de l'office sont croissants et uniques",
  "office-chain": "chaque écriture de l'office désigne la précédente",
  head: "rien ne manque jusqu'à la dernière écriture de clôture (« head ») du dossier ou de l'office",
  limits:
    "Limites. Le journal prouve ce qui a été enregistré ; il ne peut pas prouver qu'un fait non enregistré n'a " +
    "pas eu lieu. Rien ne manque jusqu'à la dernière écriture de clôture si le contrôle « head » est bon ; " +
    "s'il est sans objet, une fin coupée ou un objet retiré en entier ne se verrait pas, et rien n'est dit de " +
    "ce qui suit. Les dates sont celles des serveurs ; un horodatage vérifié prouve seulement que les " +
    "écritures existaient à sa date, et vaut ce que vaut l'autorité que vous avez choisie (rien ici ne dit " +
    "qu'elle est qualifiée). Les témoins valent ce que vaut leur indépendance.",
};
