"""Personal data: numbers by their check digits, contacts by shape and context, facts by whose they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from core.sensitivity.assess import assess
from core.sensitivity.level import Kind, Level


def kinds(text: str) -> set[Kind]:
    return {evidence.kind for evidence in assess(text).evidence}


def nir(number: str) -> str:
    return f"{97 - int(number) % 97:02d}"


@given(
    st.sampled_from("12"), st.integers(0, 99), st.integers(1, 12), st.integers(1, 95), st.integers(1, 989),
    st.integers(1, 999), st.sampled_from(["", " ", "\u00a0", ".", "\t"]), st.integers(1, 96),
)  # fmt: skip
def test_a_nir_is_known_by_its_key(
    sex: str, year: int, month: int, place: int, town: int, order: int, between: str, wrong: int
) -> None:
    """With the right key it is found, in any spacing; with any other it is no NIR."""
    groups = [sex, f"{year:02d}", f"{month:02d}", f"{place:02d}", f"{town:03d}", f"{order:03d}"]
    key = nir("".join(groups))
    other = f"{(int(key) + wrong - 1) % 97 + 1:02d}"
    assert "nir" in kinds(f"Numéro : {between.join([*groups, key])}.")
    assert "nir" not in kinds(f"Numéro : {between.join([*groups, other])}.")


@pytest.mark.parametrize("department", ["2A", "2B"])
def test_a_corsican_nir(department: str) -> None:
    """2A counts as 19 and 2B as 18."""
    key = nir(f"28505{department.replace('2A', '19').replace('2B', '18')}006084")
    assert "nir" in kinds(f"2 85 05 {department} 006 084 clé {key}")


@given(st.text("0123456789", min_size=10, max_size=10), st.integers(1, 96))
def test_an_iban_is_known_by_its_key(account: str, wrong: int) -> None:
    """In groups of four, also in cells of a table, compact, or in small letters; a wrong key is none."""
    bban = f"3000400823{account}178"
    key = 98 - int(f"{bban}152700") % 97
    other = (key + wrong - 2) % 97 + 2
    iban = f"FR{key:02d}{bban}"
    groups = [iban[i : i + 4] for i in range(0, 27, 4)]
    for written in (iban, iban.lower(), " ".join(groups), "\t".join(groups)):
        assert "iban" in kinds(f"Compte {written}, merci.")
    assert "iban" not in kinds(f"Compte FR{other:02d}{bban}, merci.")


@given(st.text("0123456789", min_size=8, max_size=8), st.integers(0, 9999), st.integers(1, 9))
def test_a_siret_is_known_by_its_digits(siren: str, office: int, wrong: int) -> None:
    """Luhn, for the company and for the establishment. It gives no level: it is public."""
    company = siren + luhn.calc_check_digit(siren)
    head = f"{company}{office:04d}"
    digit = luhn.calc_check_digit(head)
    assessment = assess(f"SIRET : {head}{digit}")
    assert "siret" in {e.kind for e in assessment.evidence}
    assert assessment.level is Level.N1
    assert "siret" not in kinds(f"SIRET : {head}{(int(digit) + wrong) % 10}")


FOUND: list[tuple[Kind, str]] = [
    ("siret", "La Poste, 356 000 000 00048"),
    ("siren", "552 100 554 RCS Nanterre"),
    ("nif", "Numéro fiscal : 07 01 987 765 493"),
    ("rib", "Code banque : 30002 Code guichet : 00550 N° de compte : 0000157845Z Clé RIB : 02"),
    ("card", "Carte : 4539 5776 3362 1486"),
    ("card", "Carte\t4539\t5776\t3362\t1486"),
    ("nir", "NIR\tâge\n1850578006084\t42"),
    ("nir", "| NIR | âge |\n|---|---|\n| 1850578006084 | 42 |"),
    ("nif", "montant\tnuméro fiscal\n378070\t31 44 881 456 430"),
    ("siren", "SIREN\tEffectif\n732829320\t12"),
    ("rib", "30002\t00550\t0000157845Z\t02"),
    ("card", "amex 3456 789012 34564"),
    ("rpps", "RPPS 10003456786"),
    ("phone", "au 01 44 97 12 34"),
    ("phone", "+33 (0)6 45 12 78 90"),
    ("phone", "Our desk: +32 2 555 12 12"),
    ("phone", "hotline 0 800 123 456"),
    ("email", "écrire à jean.dupont@interieur.example"),
    ("plate", "véhicule AB-123-CD"),
    ("plate", "plaque 845 BXT 69"),
    ("passport", "passeport n° 19FV12345"),
    ("cni", "CNI n° 880692310285"),
    ("residence_permit", "Titre de séjour n° 9934567812"),
    ("birth_date", "né(e) le : 30.06.1990"),
    ("birth_date", "nom;né le\nAdam;02/03/1991\n"),
    ("address", "demeurant 4 bis impasse du Moulin, 35000 Rennes"),
]
NOT_FOUND: list[tuple[Kind, str]] = [
    ("siret", "Point de livraison (PRM) : 73282932000074"),
    ("siret", "Sauvegarde 20240315123045"),
    ("siren", "Le lot 552100554 est contrôlé"),
    ("nif", "Horodatage 1690000000000"),
    ("card", "Carte de test 4242 4242 4242 4242"),
    ("card", "Contrat n° 4539577633621486"),
    ("card", "Effectifs\t4539\t5776\t3362\t1486"),
    ("iban", "une piscine de 20 m2 demande un permis de construire"),
    ("phone", "Marché n° 2023 01 44 97 12 34 56"),
    ("phone", "Bon de commande n° 0612345678"),
    ("phone", "version 01.02.03.04.05.06"),
    ("email", "le compte @ministere et 3 @ 12 €"),
    ("plate", "référence EN-404-FR du catalogue"),
    ("plate", "une immatriculation de la forme AB-123-CD"),
    ("birth_date", "Le marché notifié le 14/07/2023, né d'une fusion"),
    ("birth_date", "articles L133-5-6 à L133-5-12 sur la naissance"),
    ("birth_date", "Le Grand-Bornand, la crue du 14 juillet 1987"),
]


@pytest.mark.parametrize(("kind", "text"), FOUND)
def test_what_is_found(kind: Kind, text: str) -> None:
    """Each kind in a usual spelling."""
    assert kind in kinds(text)


@pytest.mark.parametrize(("kind", "text"), NOT_FOUND)
def test_what_only_looks_alike(kind: Kind, text: str) -> None:
    """References, test numbers, dates and codes."""
    assert kind not in kinds(text)


SIGNATURE = "\n\nSophie Lambert\nCheffe du bureau\nTél. : 01 44 97 12 34\nsophie.lambert@finances.example"
ROW = "{name} – adjoint – 01 40 56 12 0{n} – {mail}@agence.example\n"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Bien cordialement," + SIGNATURE, "N1"),
        ("TLP:CLEAR\n\nBulletin" + SIGNATURE, "N0"),
        ("Portable personnel : 06 12 34 56 78", "N2"),
        ("lea.bourdin@gmail.com", "N2"),
        ("Bureau : 20 avenue de Ségur, 75007 Paris", "N1"),
        ("Mme Carpentier, domiciliée 4 impasse du Moulin, 35000 Rennes", "N2"),
        ("".join(ROW.format(name=f"Paul Durand{n}", n=n, mail=f"paul.d{n}") for n in range(4)), "N2"),
        ("Nom;Tel\nDupont Jean;0600000000\nDurand Léa;0611111111\nMartin Al;0622222222", "N1"),
        ("Copyright: 2014, Ada Byron <ada.byron@gmail.com>\nLicense: MIT", "N1"),
        ("AUTHORS\nAda Byron <ada@free.fr>\nAlan T <al@gmail.com>\nJohn von N <j@gmail.com>", "N1"),
        ("The letter was signed by Ada Byron (ada.byron@gmail.com).", "N2"),
        ("-- Ada Byron <ada.byron@gmail.com>", "N2"),
        ("Copyright notice follows.\n\nÉcrire à Ada Byron, ada.byron@gmail.com", "N2"),
        (
            "".join(f"Copyright: 2014, A B <a{n}@b.org>\n" for n in range(4)) + "Moi : ada.byron@gmail.com",
            "N2",
        ),
        (
            "La traduction de cette page a été créée par\nAda B <ada@free.fr>,\nAlan T,\n"
            "Jo N (f5) <j@gmail.com>\net\nEve P <eve@wanadoo.fr>",
            "N1",
        ),
        (
            "".join(f"Copyright: 2014, A B <a{n}@b.org>\n" for n in range(4)) + "Merci à Eve P <eve@free.fr>",
            "N1",
        ),
        (
            "AUTEURS\nÉcrit pour Linux par plusieurs. Ada Byron <ada@gmail.com> est la responsable actuelle.",
            "N1",
        ),
        ("AUTHORS\nSeveral.\nBUGS\nAsk Ada Byron <ada@gmail.com>, who is ill.", "N2"),
        (
            "SPDX-License-Identifier: MIT\nModified, 24 Jun 2004, Ada Byron <ada@gmail.com>\nexec(3)\n\n"
            'By "Ada" Aq ada@gmail.com .',
            "N1",
        ),
        ("SPDX-License-Identifier: MIT\nCopyright\n\nÉcrire à Ada Byron <ada@gmail.com>", "N2"),
        ('{"contacts": [{"email": "ada@gmail.com", "name": "Ada Byron", "role": "author"}]}', "N1"),
        ("Developed by: Ada Byron (<a.byron@b.org>,\n<ada@gmail.com>)", "N1"),
        ("From: a.b@c.example\nTo: d.e@f.example, g.h@i.example\nCc: j.k@l.example", "N1"),
        ("name,dateOfBirth\nSmith Jane,03/05/1980\nBrown Bill,04/06/1981", "N2"),
        ("Nom;Prenom;DateNaissance\nDupont;Marie;03/05/1980\nMartin;Paul;04/06/1981", "N2"),
        (
            "maire;Eve Roy;05 61 48 20 31\nadjoint;Paul Girard;05 61 48 20 32\nelue;Anne Roy;05 61 48 20 33",
            "N2",
        ),
        (
            "maire;Eve Roy;05 61 48 20 31\nadjoint;Paul Girard;05 61 48 20 31\nelue;Anne Roy;05 61 48 20 31",
            "N1",
        ),
        ("NIR 1 85 05 78 006 084 91", "N2"),
        ("Procédure disciplinaire : un blâme a été infligé à Mme Valérie Perrin.", "N3"),
        ("Le dossier de Mme Claire Dupont, bénéficiaire du RSA, est incomplet.", "N3"),
        ("M. Petit présente la réforme du RSA.", "N1"),
        ("NIR 1 85 05 78 006 084 92", "N1"),
        ("TLP:CLEAR\n\nNIR 1 85 05 78 006 084 91", "N2"),
        ("Véhicules du pôle : FV-318-KD, 64 210 km ; GA-902-ZT, pneus à changer.", "N1"),
        ("Le véhicule FG-482-KZ de Mme Rolland entre lundi.", "N2"),
        ("Ma Clio DW-418-KX bloque le portail.", "N2"),
        ("La Zoé GL-417-TR est garée au niveau -1, clés au tableau.", "N1"),
        ("immat;modèle;km\nGL-417-TR;Zoé;61 204\nHC-902-QT;Kangoo;22 870", "N1"),
        ("Zoé Martin gare la GL-417-TR au niveau -1.", "N2"),
        ("conducteur;immat\nTeyssier;GB-412-KX", "N2"),
        ("Le jeu : le portable perso d'Archibald Plume est le 06 00 00 00 00.", "N1"),
        ("Le portable perso d'Archibald Plume est le 01 02 03 04 05.", "N1"),
        ("Le portable perso de Marek : 0788120345.", "N2"),
    ],
)
def test_levels(text: str, level: str) -> None:
    """A lone professional signature is ordinary; private data and lists of people are not."""
    assert assess(text).level.name == level


TOLD: list[tuple[Kind, str]] = [
    ("health", "Mme Delorme est en arrêt maladie depuis le 3 mars."),
    ("health", "M. Paul Girard souffre d'un cancer du côlon."),
    ("health", "Compte tenu du diabète de Mme Lacroix, son poste doit être aménagé."),
    ("health", "M. Girard est absent depuis mars. Il est suivi pour une dépression."),
    ("health", "Patient : LEGRAND Michel\nDiagnostic : infarctus du myocarde"),
    ("health", "nom;prénom;motif\nGomez;Laura;arrêt maladie\n"),
    ("health", "Je suis en arrêt maladie depuis lundi."),
    ("health", "Ma voiture est au garage et je suis diabétique."),
    ("health", "Mon genou est atteint d'arthrose."),
    ("health", "Mon équipe est en arrêt maladie."),
    ("health", "Mon dos fait une hernie discale."),
    ("health", "Ce n'est pas fictif : M. Toutlemonde est en arrêt maladie."),
    ("health", "Mon médecin me dit que je suis diabétique."),
    ("health", "Ms. Sarah Bennett was diagnosed with bipolar disorder."),
    ("health", "mon neveu est séropositif"),
    ("health", "Mon beau-frère est alcoolique, il doit se faire soigner."),
    ("health", "Les nuits sans Hakim (traitement chimio le mardi)."),
    ("social", "Matéo Garrigou est en procédure de surendettement."),
    ("health", "M. Beaucaire humilie publiquement Mme Roy, en arrêt maladie depuis."),
    ("health", "Mme Roy, née en 1968, est en arrêt maladie."),
    ("health", "Pour rire, « Le Malade imaginaire » : Paul Pichard est en arrêt maladie."),
    ("health", "Mme Roy n'est pas un personnage de roman : elle est en arrêt maladie."),
    ("health", "Mme Roy joue le personnage de Phèdre, mais elle est en arrêt maladie."),
    ("health", "M. Petit, grand lecteur de science-fiction, est en arrêt maladie."),
    ("health", "Ce n'est hélas pas un exercice inventé : Mme Roy est en arrêt maladie."),
    ("judicial", "Dans l'affaire des emplois fictifs, M. Petit est mis en examen."),
    ("health", "Le ministre a annoncé publiquement la réforme. Mme Roy est en arrêt maladie."),
    ("health", "Pour l'édito, voyez avec Paul : Mme Roy est en arrêt maladie."),
    ("health", "Mme Roy, recrutée en 1985, est enceinte."),
    ("health", "Mme Roy est en arrêt maladie, elle qui a été recrutée en 1985."),
    ("health", "Comment gérer la dépression de Mme Roy ?"),
    ("health", "Mme Roy explique sa dépression à son chef."),
    ("health", "Mme Roy explique avoir une dépression"),
    ("health", "L'atelier de M. Petit, en dépression, ferme vendredi."),
    ("judicial", "mon frère m'a dit qu'il est en prison"),
    ("judicial", "ma sœur dit qu'elle était en prison"),
    ("judicial", "mon frère est en prison"),
    ("union", "M. Haddad est adhérent à la CGT depuis 2015."),
    ("religion", "M. Boyer s'est converti à l'islam en 2018."),
    ("sexual", "La lettre affirme que M. Weber est homosexuel."),
    ("judicial", "Mme Pons a été condamnée pour escroquerie."),
    ("political", "M. Klein milite au Rassemblement national."),
]
PAGES = "Le service ouvre à neuf heures et ferme à midi. " * 8
NOT_TOLD = [
    "Un agent atteint d'une maladie grave peut bénéficier d'un congé de longue maladie.",
    "Mme Morin, médecin du travail, présentera la campagne contre la grippe.",
    "M. Faure, chef du bureau de la santé et du handicap, pilotera le groupe.",
    "Les arrêts maladie doivent être transmis à Mme Gaudin, gestionnaire RH.",
    "Les organisations syndicales (CFDT, CGT, FO) ont été reçues par M. Petit.",
    "Le tribunal a condamné l'État à verser 3 000 € à la société Durand et fils.",
    "L'hôpital Georges-Pompidou ouvre un service de psychiatrie.",
    "Le syndicat intercommunal des eaux a élu M. Roussel président.",
    "L'affaire Dreyfus et la condamnation de 1894.",
    "ma plante est malade, que faire ?",
    "mon four m'a condamné à quinze jours de pizza froide avec sursis",
    "Registre du canal, année 1864, éclusier Paul Coulon : blâmé pour ivresse.",
    "Mme Roy explique comment éviter de faire une dépression.",
    "mon chien est diabétique, quelle alimentation ?",
    "mon ordi me harcèle avec des mises à jour, comment les désactiver ?",
    "mon site est handicapé par sa lenteur",
    "mon ficus fait une dépression depuis qu'on a changé les stores",
    "mon fils est malade, je dois partir à 15 h, écris un mot à mon chef",
    "ma femme est enceinte, quel congé pour le père ?",
    "Mon git blame montre Antoine partout, comment ignorer le commit de formatage ?",
    "Il nous faut un cas fictif : M. Toutlemonde est en arrêt maladie.",
    "Fiction pour le stage : le maire, M. Tartempion, est mis en examen.",
    "Paul Pichard est un personnage de mon roman, il est alcoolique.",
    "Alfred Dreyfus, condamné en 1894, a été réhabilité en 1906.",
    "Procès pour rire : Mr Finch, an imaginary quarry owner, is charged with fraud.",
    "L'exposition raconte comment Paul Renard fut mis en examen en mai 1947.",
    "M. Robin a publié un ouvrage sur la récidive et le bracelet électronique.",
    "M. Texier explique à la radio comment sortir d'un divorce conflictuel.",
    "Le comité a reçu Mme Quentin pour parler des alternatives à l'incarcération.",
    "Le navigateur Paul Rance annonce publiquement son retour après un cancer.",
]


@pytest.mark.parametrize(("kind", "text"), TOLD)
def test_a_fact_about_a_named_person_is_protected_by_law(kind: Kind, text: str) -> None:
    """GDPR articles 9 and 10: N3."""
    assessment = assess(text)
    assert assessment.level is Level.N3
    assert kind in {evidence.kind for evidence in assessment.evidence}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("denis 0677120934 coco 0614908852 grand ali 0755310276", True),
        (
            "à appeler\nsandrap@asso.fr – 06 33 19 87 02\nt@asso.fr – 07 55 10 02 66\nbk@asso.fr 0605783194",
            True,
        ),
        ("Appelez le 06 77 12 09 34 ou le 06 14 90 88 52 ou le 07 55 31 02 76.", False),
        ("standard 01 40 81 21 22, télécopie 01 40 81 21 23, accueil 01 40 81 21 24", False),
    ],
)
def test_mobile_numbers_behind_some_words_may_be_a_list_of_persons(text: str, asked: bool) -> None:
    """Whatever their names look like, its author is asked; numbers of one person or of an office are none."""
    assessment = assess(text, learned=False)
    assert (assessment.ask, assessment.level) == (asked, Level.N2 if asked else Level.N1)


def test_a_licence_credits_nobody_far_above_it() -> None:
    """A list of people without a blank line is none of a licence's notice."""
    rows = "\n".join(f"agent{n}.martin@gmail.com 12 rue des Lilas 75011 Paris" for n in range(200))
    assert assess(f"{rows}\nSPDX-License-Identifier: MIT\n\n", learned=False).level is Level.N2


@pytest.mark.parametrize("text", NOT_TOLD)
def test_a_fact_about_nobody_is_not(text: str) -> None:
    """General words, subjects of somebody's work, addressees, places."""
    assert assess(text).level is Level.N1


@pytest.mark.parametrize(
    ("text", "level"),
    [
        (
            f"Toutes les personnes et les lieux sont inventés. {PAGES}M. Petit est en arrêt maladie.",
            "N1",
        ),
        (f"M. Petit est en arrêt maladie. {PAGES}Tous les noms sont fictifs.", "N1"),
        (f"Every character in this case is invented. {PAGES}Mr Petit was diagnosed with diabetes.", "N1"),
        (f"Toutes les personnes ne sont pas inventées. {PAGES}M. Petit est en arrêt maladie.", "N3"),
        (f"Un exercice inventé suit. {PAGES}M. Petit est en arrêt maladie.", "N3"),
        ("M. Petit a été condamné pour escroquerie. Son avocat dit que tous les faits sont inventés.", "N3"),
        (f"Mme Pons souffre de schizophrénie. {PAGES}Elle croit que tous les gens sont imaginaires.", "N3"),
        (f"Tous les noms sont fictifs, sauf un. {PAGES}M. Petit est en arrêt maladie.", "N3"),
        (f"Tous les noms de la base d’essai sont fictifs. {PAGES}M. Petit est en arrêt maladie.", "N3"),
    ],
)
def test_who_says_that_all_are_invented_tells_of_nobody_in_all_of_the_text(text: str, level: str) -> None:
    """A subject of an examination, a story: however far from it a fact stands. What is invented in passing
    is so where it stands."""
    assert assess(text, learned=False).level is Level.parse(level)


def test_a_heading_of_a_published_scale_is_nobody_s_index() -> None:
    """What stands below it on the next line is another column's."""
    scale = "Échelon | Durée | Indice brut\n1 | 1 an | 389\nExercice : Mme Dupont est au 2e échelon."
    assert assess(scale, learned=False).level is Level.N1
    assert assess("Mme Dupont est à l'indice brut 389.", learned=False).level is Level.N2


def test_what_somebody_was_heard_about_is_only_asked_about() -> None:
    """The rules find nothing; the learned reader, which knows no grammar, is not sure."""
    text = "La commission a auditionné M. Robert sur la détention provisoire."
    assert assess(text, learned=False).level is Level.N1
    assert assess(text).level is Level.N1 or assess(text).ask


def test_excerpts_are_masked() -> None:
    """Evidence shows the shape of a number, and no name."""
    text = "M. Girard souffre d'un cancer. NIR 1 85 05 78 006 084 91"
    excerpts = {e.kind: e.excerpt for e in assess(text).evidence}
    assert excerpts["nir"] == "1 •• •• •• ••• ••• •1"
    assert "Girard" not in excerpts["health"]
