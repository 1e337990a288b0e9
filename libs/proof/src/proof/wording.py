"""The sentences of a report, for the people who read it."""

WORDS = {
    "fr": {
        "title": "Vérification d'un dossier scellé",
        "intact": "VERDICT : INTACT",
        "tampered": "VERDICT : ALTÉRÉ. Au moins un contrôle a échoué ; il est nommé ci-dessous.",
        "malformed": "VERDICT : ILLISIBLE. Le fichier n'est pas un dossier de preuve bien formé.",
        "below-level": "VERDICT : NIVEAU INSUFFISANT. Rien n'est altéré, mais le niveau demandé n'est pas atteint.",
        "level": "Niveau d'assurance",
        "level-0": (
            "les fichiers concordent entre eux. Qui les a tous fabriqués ensemble n'est pas détecté : "
            "aucune clé de confiance n'a été fournie."
        ),
        "level-1": (
            "signé par le journal. Un opérateur qui détient la clé peut encore réécrire toute l'histoire "
            "ou montrer deux journaux différents."
        ),
        "level-2": (
            "signé, et prolonge un état du journal que vous déteniez déjà : l'histoire antérieure à cet état "
            "n'a pas été réécrite. L'opérateur peut encore montrer un autre journal à quelqu'un d'autre."
        ),
        "dossier": "Dossier",
        "entries": "écritures",
        "log": "Journal",
        "leaves": "feuilles",
        "root": "racine",
        "passed": "bon",
        "failed": "ÉCHEC",
        "not-applicable": "-",
        "container": "l'archive et chacun de ses fichiers sont tels qu'ils ont été écrits",
        "entry-canonical": "chaque écriture est sous sa seule forme canonique",
        "manifest": "le sommaire dit exactement ce que l'archive contient",
        "entry-scope": "chaque écriture concerne le dossier annoncé",
        "event-state": "ce que le service conserve aujourd'hui est ce qui a été scellé",
        "opening": "chaque contenu révélé est celui de l'écriture (payload_c)",
        "document-digest": "l'empreinte de chaque document révélée est celle qui a été scellée",
        "document-file": "chaque fichier fourni est un document de ce dossier",
        "object-bytes": "ce que le coffre conserve aujourd'hui est ce qui a été déposé",
        "inclusion": "chaque écriture est dans l'arbre, à sa place",
        "consistency": "chaque état du journal prolonge les précédents",
        "known-checkpoint": "le journal prolonge les états que vous déteniez",
        "checkpoint-signature": "les états du journal sont signés par une clé de votre politique de confiance",
        "leaf-order": "les places dans le journal sont croissantes et uniques",
        "service-counter": "les numéros de chaque service sont croissants et uniques",
        "aggregate-versions": "les versions de chaque objet se suivent sans trou",
        "office-counter": "les numéros de l'office sont croissants et uniques",
        "office-chain": "chaque écriture de l'office désigne la précédente",
        "limits": (
            "Limites. Le journal prouve ce qui a été enregistré ; il ne peut pas prouver qu'un fait non enregistré "
            "n'a pas eu lieu. Cette version ne contient ni horodatage qualifié ni témoin : les dates sont celles des "
            "serveurs. Un dossier ne montre qu'une partie des écritures d'un office : l'absence d'écriture retirée à "
            "la fin, ou entre deux objets, sera prouvée par les écritures de clôture (« head ») d'une version à venir."
        ),
    },
    "en": {
        "title": "Verification of a sealed dossier",
        "intact": "VERDICT: INTACT",
        "tampered": "VERDICT: TAMPERED. At least one check failed; it is named below.",
        "malformed": "VERDICT: MALFORMED. The file is not a well-formed proof bundle.",
        "below-level": "VERDICT: BELOW LEVEL. Nothing is altered, but the level that was asked is not reached.",
        "level": "Assurance level",
        "level-0": (
            "the files agree with each other. Whoever made all of them together is not detected: "
            "no trusted key was given."
        ),
        "level-1": (
            "signed by the log. An operator who holds the key can still rewrite the whole history "
            "or show two different logs."
        ),
        "level-2": (
            "signed, and extends a state of the log that you already held: the history before that state "
            "was not rewritten. The operator can still show another log to somebody else."
        ),
        "dossier": "Dossier",
        "entries": "entries",
        "log": "Log",
        "leaves": "leaves",
        "root": "root",
        "passed": "good",
        "failed": "FAILED",
        "not-applicable": "-",
        "container": "the archive and each of its files are as they were written",
        "entry-canonical": "every entry is in its only canonical form",
        "manifest": "the manifest says exactly what the archive holds",
        "entry-scope": "every entry is about the dossier that is announced",
        "event-state": "what the service keeps today is what was sealed",
        "opening": "every disclosed content is the entry's (payload_c)",
        "document-digest": "the disclosed digest of every document is the one that was sealed",
        "document-file": "every file that was given is a document of this dossier",
        "object-bytes": "what the vault keeps today is what was deposited",
        "inclusion": "every entry is in the tree, at its place",
        "consistency": "every state of the log extends the earlier ones",
        "known-checkpoint": "the log extends the states that you held",
        "checkpoint-signature": "the states of the log are signed by a key of your trust policy",
        "leaf-order": "places in the log are increasing and unique",
        "service-counter": "the numbers of every service are increasing and unique",
        "aggregate-versions": "the versions of every object follow each other without a hole",
        "office-counter": "the numbers of the office are increasing and unique",
        "office-chain": "every entry of the office names the one before it",
        "limits": (
            "Limits. The log proves what was recorded; it cannot prove that something unrecorded did not happen. "
            "This version has neither qualified timestamps nor witnesses: the dates are the servers'. A dossier shows "
            "only a part of an office's entries: that none was removed at the end, or between two objects, will be "
            "proven by the closing (head) entries of a later version."
        ),
    },
}
