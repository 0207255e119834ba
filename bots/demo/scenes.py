"""What is said in the tour: the talk of sixty messages, the files, the recorded answers. All is invented."""

from __future__ import annotations

from typing import Any

ROOM = "Travaux du quai nord"
CAMILLE, PAUL, NADIA = "Camille Agent", "Paul Marin", "Nadia Perrin"
"""Who speaks."""
ASKED = "TLP:AMBER — Quelles sont les étapes du projet Horizon\u202f?"

TALK: tuple[tuple[str, str], ...] = tuple(
    (speaker, text)
    for line in """\
C Bonjour à tous, on fait le point sur le quai nord ?
P Bonjour. Le bureau d’études a rendu son rapport hier.
N Bonjour ! Je l’ai lu, il est clair.
C Que dit-il des pieux ?
P Douze pieux sur quarante sont à reprendre.
N Et la dalle ?
P La dalle tient, il faut refaire les joints.
C Bien. Et le calendrier ?
N L’entreprise est prête à commencer en décembre.
P Il faut une marée de faible coefficient pour les pieux.
C Quelles dates conviennent ?
P La semaine du 14 décembre serait bonne.
N Le marché de Noël est sur le quai sud, pas de conflit.
C Les pêcheurs débarquent-ils encore au nord ?
P Trois bateaux, le matin.
N Ils peuvent aller au quai ouest le temps des travaux.
C La criée est d’accord ?
N Oui, je les ai eus au téléphone.
P Pour la fermeture, je propose le lundi 14 décembre.
C Nadia, cela te va ?
N Oui, c’est bon pour moi.
C C’est décidé : le quai nord ferme le lundi 14 décembre.
P Parfait.
N Je rédige l’arrêté de fermeture.
C Merci Nadia.
P Je préviens la capitainerie.
C Merci Paul.
N Il faut aussi des panneaux.
P Les services techniques en ont.
C Combien ?
P Une dizaine, de mémoire.
N Cela suffit.
C Et l’éclairage du chantier ?
P Deux mâts mobiles, loués.
N À la charge de l’entreprise, c’est dans le marché.
C Très bien.
P Reste le parking.
N On le ferme aussi, il servira de base de vie.
P Je ne suis pas d’accord pour fermer le parking : les restaurants en vivent.
N Sans base de vie, pas de chantier.
C On y reviendra, gardons le sujet ouvert.
P Entendu.
N L’entreprise demande un accès par la rue du Port.
C Trente tonnes sur ces pavés ?
P Les pavés ont été refaits, cela passe.
N Un état des lieux avant, quand même.
C Je m’occupe de l’état des lieux.
P Bonne idée.
N Le bruit : rien avant huit heures.
C C’est dans l’arrêté type.
P Les riverains seront soulagés.
N Une réunion publique serait utile.
C Le maire en parlait aussi.
P La salle des fêtes est libre jeudi soir.
N Qui anime la réunion publique ?
P Bonne question.
C Voyons cela la semaine prochaine.
N D’accord, je dois filer.
P Moi aussi, à plus tard.
C Merci à tous, bonne journée.
""".splitlines()
    for speaker, text in [({"C": CAMILLE, "P": PAUL, "N": NADIA}[line[0]], line[2:])]
)

POINTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("decisions", "C’est décidé", {"text": "Le quai nord ferme le lundi 14 décembre."}),
    ("actions", "Je rédige l’arrêté", {"what": "rédiger l’arrêté de fermeture", "who": NADIA, "due": None}),
    (
        "actions",
        "Je préviens la capitainerie",
        {"what": "prévenir la capitainerie", "who": PAUL, "due": None},
    ),
    ("actions", "Je m’occupe de l’état", {"what": "faire l’état des lieux", "who": CAMILLE, "due": None}),
    ("open_questions", "Qui anime la réunion", {"text": "Qui anime la réunion publique ?"}),
    (
        "disagreements",
        "Je ne suis pas d’accord pour fermer",
        {"text": "Paul Marin ne veut pas fermer le parking, qui servirait de base de vie."},
    ),
)
"""What a model found in the talk: list, words of the message, item."""

CORRECTION = "Non, la capitainerie, c’est Nadia qui s’en occupe."

REPORT = """\
Rapport annuel du port de plaisance, publié en juin 2026

En 2025, le port a accueilli quarante régates, dont douze ouvertes aux écoles. Les recettes de la saison \
sont de 3,8 millions d’euros. La saison dure onze mois. La capitainerie est ouverte tous les jours.
"""
FIGURES = "Les recettes sont de 4,8 millions d’euros. Douze régates sur quarante sont ouvertes aux écoles."
"""The figure is false, on purpose."""
STAMPED = "MINISTÈRE DE LA TRANSITION\n\nDIFFUSION RESTREINTE\n\nPlan des accès au port.\n"
MAIL = """\
From: Claire Bodin <claire.bodin@mairie.example>
To: camille.agent@ministere.example
Subject: Fermeture du quai nord
Date: Mon, 16 Nov 2026 09:12:00 +0100
Message-ID: <quai-1@mairie.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Bonjour,

La mairie souhaite une réunion publique avant la fermeture. La salle des fêtes est libre le jeudi 3 décembre.
Merci de nous dire qui l’animera.

Claire Bodin
"""
ANSWERS: tuple[tuple[str, str], ...] = (
    ("étapes du projet Horizon", "Trois étapes : le cadrage, l’essai, le déploiement."),
    (
        "demande la mairie",
        "La mairie souhaite une réunion publique avant la fermeture. Elle propose le jeudi 3 décembre, à la "
        "salle des fêtes, et demande qui l’animera.",
    ),
)
OTHERWISE = (
    "Ceci est une réponse enregistrée : la visite n’a pas de modèle. Comment brancher le vôtre est dit "
    "au-dessus, à la fin des scènes."
)
