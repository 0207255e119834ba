"""Credentials: found in code, settings, logs and in words; examples, placeholders and hashes left alone."""

import pytest

from core.sensitivity.assess import assess
from core.sensitivity.level import Level
from core.sensitivity.masker import Masker

SURE = {
    "a connection string": ("postgresql://app:Rv7-ko%2Ftm@10.0.0.8:5432/eau", "Rv7-ko%2Ftm"),
    "a setting": ("DB_PASSWORD=kZ7!vmR2pQz\nDB_NAME=eau", "kZ7!vmR2pQz"),
    "a setting in quotes": ('api_key: "pk-93fa2c71be004d8896"', "pk-93fa2c71be004d8896"),
    "a token of GitLab": (
        "git clone https://oauth2:glpat-xR3f9Kq_7LmWz2TbYpNs@git.interne/a",
        "glpat-",
    ),
    "a key of AWS": ("AWS Access Key ID: AKIAQ7RZK2MWX5T3BNUE", "AKIAQ7RZK2MWX5T3BNUE"),
    "a bearer": ("curl -H 'Authorization: Bearer 9f8Yw2LkPzR0nVtB6cXf' https://api.interne", "9f8Yw2LkPzR0"),
    "a private key": (
        f"-----BEGIN {'OPENSSH'} PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAA\n-----END",
        "b3BlbnNz",
    ),
    "a second factor": ("otpauth://totp/A:b?secret=MZXW6YTBOI4TQ2LP&issuer=C", "MZXW6YTBOI4TQ2LP"),
    "a community of SNMP": ("snmp-server community rO_dir_7719 RO", "rO_dir_7719"),
    "a key of a tunnel": ("ikev2 remote-authentication pre-shared-key P4lomb!re", "P4lomb!re"),
    "a password in words": ("le mdp de la salle visio c'est Garonne47! si tu es bloqué", "Garonne47!"),
    "a password in English": ("log in as ops, pw = oyster.bank.TIDE77 please", "oyster.bank.TIDE77"),
    "an account": (
        "compte générique accueil, code = Tz9#pelotari, et la borne",
        "Tz9#pelotari",
    ),
    "a log": ("DEBUG auth: user=svc pwd=hG5$dune_pyla result=OK", "hG5$dune_pyla"),
    "a password like a reference": ("mdp : Zouk972!", "Zouk972"),
    "a password of a command": ("mysqldump -u svg -p'Etiage#Verdon' --all-databases", "Etiage#Verdon"),
    "an option of a command": ("az storage blob list --account-key 'Wm9pZHJlbmFsaW5lMjAyNA=='", "Wm9pZHJl"),
    "a key of figures and letters": (
        "la cle api du service, 5c1e09fa77b3486d8e2ab04d1f6c93ee, partagée",
        "5c1e09fa77b3486d8e2ab04d1f6c93ee",
    ),
    "a cell of a table": ("appli;login;mdp\nstock;op;Wagon88\ncrete;maint;Serac_Bleu7", "Wagon88"),
    "a cell beside a former one": ("Compte;Ancien mdp;mdp\njdupont;;kalou77", "kalou77"),
    "a cell beside a date": (
        "Compte\tdate du mot de passe\tmot de passe\njdupont\t2024\tbrume77\npmartin\t2024\torage88",
        "brume77",
    ),
    "a password of a data source": ("jdbc:oracle:thin:lecture/Parpaing19@//ora-2:1521/SIT", "Parpaing19"),
    "a key of RADIUS": ("radius-server host 10.9.1.15 key Bali5eurs_de_Breizh", "Bali5eurs"),
    "a link with its password": (
        "https://sondage.lan/adm?vue=2&key=f83bd0c1a7e94 fais un QR",
        "f83bd0c1a7e94",
    ),
    "a key of any service": (
        "gardez eau_live_7hT2mQd9RkW4zX1b jusqu'en mai",
        "eau_live_7hT2mQd9RkW4zX1b",
    ),
    "a secret for one time": ("your VPN one-time secret is 5KD8-RTNW-31PB, keep it", "5KD8-RTNW-31PB"),
    "my own, called an example": ("Mon mot de passe, par exemple : Limousine#87000", "Limousine#87000"),
    "one on the next line": ("Le mot de passe du serveur est.\nTulipe42\nBonne journée", "Tulipe42"),
    "one below its sign": ("mdp\n:\nTulipe42", "Tulipe42"),
    "one in a quotation": ("> Le mot de passe est :\n> Tulipe42\n>\n> Marc", "Tulipe42"),
    "one in a cell of a page": ("<tr><td>Mot de passe :</td><td>Tulipe42</td></tr>", "Tulipe42"),
    "one below a title": ("**Mot de passe :**\n\n`Tulipe42`", "Tulipe42"),
    "one behind dots": ("Mot de passe : ………………… Tulipe42", "Tulipe42"),
    "one of letters apart": ("Mot de passe : T u l i p e 4 2", "T u l i p e 4 2"),
    "one of letters apart, as its label": ("M o t   d e   p a s s e : R e n a r d 5 5", "R e n a r d"),
    "one behind an account": ("login/mdp : jmartin / Tulipe42", "Tulipe42"),
    "a value of data far below its name": ('{"password":\n            "Tulipe42"}', "Tulipe42"),
    "a quoted setting on the next line": ("export FTP_PWD=\\\n  'galet;roule;vague'", "galet;roule"),
    "a sure one within what may be one": (
        "jmartin/AKIAQ7RZK2MWX5T3BNUE (login / mdp)",
        "AKIAQ7RZK2MWX5T3BNUE",
    ),
    "codes of recovery": ("mes codes de secours : 8841-2290, 1137-5560", "8841-2290"),
    "one whose owner lost it": ("tu avais perdu ton mot de passe Cormoran29, le voilà", "Cormoran29"),
    "one set as code below its label": ("**Mot de passe :**\n\n`Tulipe42` dès demain", "Tulipe42"),
    "one after a reset": ("accès réinitialisé, mot de passe Cormoran29 dès demain", "Cormoran29"),
}
ASKED = {
    "one below a label without a sign": "Identifiant\njmartin\nMot de passe\nTulipe42\nSe connecter",
    "one in a definition": "<dl><dt>password</dt><dd>Renard#55</dd></dl>",
    "one in the cell beside": "| GED | mot de passe | Tulipe42 |",
    "one below what it opens": "Mot de passe du wifi\nTulipe42",
    "one before its label": "Tulipe42 (mot de passe du wifi de la salle 3)",
    "an account and one before their label": "jmartin / Tulipe42 (login / mdp)",
    "an account and one before a longer label": "jmartin/Tulipe42 (identifiant et mot de passe)",
    "one behind an arrow and an account": "vpn -> user:Tulipe42",
    "one that comes after an account": "login jmartin puis mot de passe Tulipe42, et valide",
    "a setting on the next line": "export DB_PASSWORD=\\\nTulipe42",
    "one above its label": "Tulipe42\n^ mot de passe du wifi",
    "one that is said to be it": "« Tulipe42 » est le mot de passe de la boîte",
    "a door": "Le digicode de la cité a changé hier : B7194, préviens l'équipe",
    "a door of letters": "code porte 4B108",
    "a door in small letters": "digicode du labo c4471, on rentre par derriere",
    "a door said far": "Le digicode de la résidence (office, rue du Lac) est, depuis ce matin : A2914",
    "a name and its password": "pour Yacine : ybenali / Zt4-kalou-Me-9a",
    "a run in quotation marks": "sur le post-it : « H4uteMer_56 ». C'est commun.",
    "an alarm": "l'alarme tu as 30 secondes pour faire 90218",
    "figures after a code for something": "code cantine 5512 et code du parking 8806, fais un livret",
    "words with a figure in them": "wifi du bateau : réseau CORMORAN2 clé h4ubans-et-drisses",
    "a password that is told": "le mdp c'est le nom du chien plus l'année, donc Ulysse2024, ça passe ?",
    "a phrase that opens": "le coffre keepass, la phrase c'est « trois merlus dans le vent »",
    "an account that all have": "on a mis root / calvi2b sur l'automate",
    "a password that is dictated": "le mot de passe du projecteur c'est cumulus arobase deux mille",
    "a link with a letter for it": "https://depot.lan/dl?u=marches&p=Lavande_Sud31&id=8827",
    "a door among data": '{"porte": "sas nord", "code": "4821"}',
    "a line of settings": "FTP_USER=entrant\nFTP_PWD=galet;roule;vague\nFTP_DIR=/depot",
    "one that Windows ended": "FTP_USER=entrant\r\nFTP_PWD=galet;roule;vague\r\nFTP_DIR=/depot",
    "one that is indented": "ftp:\n  FTP_PWD=galet;roule;vague\n  FTP_DIR=/depot",
    "what looks like a password": "maintenant c'est Limousine#87000 ne le donne pas",
    "a short word beside its label": "pour la salle de crise : mot de passe Soleil2024.",
    "one that is not to be forgotten": "merci de ne pas oublier le mot de passe Soleil2024 demain",
    "one told to those who forgot it": "pour qui a oublié le mot de passe Soleil2024 du wifi",
    "one beside its label, before it is said to be lost": "mdp Hiver25, je l'avais oublié",
}
NONE = {
    "a question": "j'ai oublié mon mot de passe windows, qui appeler ?",
    "a placeholder": "DB_HOST=localhost\nDB_USER=user\nDB_PASSWORD=changeme",
    "a placeholder in one's own words": 'USER = "ton_login"\nPWD = "mets_ton_mdp_ici_42"',
    "an address of a documentation": "'postgresql://USER:PASSWORD@HOST:5432/DB'",
    "a variable": "password = os.environ['DB_PASSWORD']\ntoken: ${{ secrets.TOKEN }}",
    "a blank": 'curl -H "Authorization: Bearer <VOTRE_JETON>" https://exemple.fr',
    "a blank in capitals": 'ftp.connect("HOTE", user="UTILISATEUR", passwd="MOT_DE_PASSE")',
    "a prompt": "Enter passphrase (empty for no passphrase):\nShould I leave it empty on a test machine?",
    "what a password may hold": "un mot de passe contient une majuscule, une arobase ou un tiret bas",
    "stars": "login;prenom.nom\nmdp;********",
    "an example of AWS": "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
    "a hash": "sha256 3f1a9c7be2d04458aa96b0e7f1c25d83b6e49f0a7c1d2e3b4a5968778695a4b3 orthophoto.zip",
    "a commit": "commit 9e4b1f07ac52d6e83b10 (HEAD -> main)",
    "an identifier": "id dossier : 550e8400-e29b-41d4-a716-446655440000",
    "advice": "12 caractères au moins, un mot de passe par site, jamais par téléphone.",
    "a formula": "=RECHERCHEV(A2;Feuil2!A:C;3;FAUX)",
    "a code of law": "voir l'article L. 123-4 du code de l'environnement, code postal 75007, code APE 8411Z",
    "a broken door": "le digicode est en panne depuis 2 jours, fais un mot pour le syndic",
    "a community of a course": "snmp-server community public RO, que veut dire RO ?",
    "a rule": "mot de passe : 12 caractères, changé tous les 3 mois",
    "a title": "lis « Plan-Climat-2030 » et « Rapport_2025.pdf » / Annexe-2b",
    "a date at a door": "la porte du local, changée le 12-05-26",
    "emphasis": "Les **accès** passent par le *compte* du service, voir **supports**",
    "a code of a nomenclature": "parcelle ZB 0123, INSEE 35238, code Sandre 06123456, code 4512 (parking)",
    "figures that all know": "les mots de passe les plus utilisés restent « 123456 » et « 000000 »",
    "a bug and a fault": "code of the key fix, see bgo#774441 and CVE-2026-112314",
    "a version": "ldap auxprop: password check fixed, see 2.1.28+dfsg and 1.0.9~rc1",
    "a public key": "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0\n-----END PUBLIC KEY-----",
    "a standard": "what does the gate of RFC 2553 do? la porte coupe-feu de la norme 1634 ?",
    "a subject": "le mémoire porte sur les péages de 1780 à 1791",
    "a trailer for machines": "une remorque porte engin de 3500 kg",
    "a known one at the end": "leçon du manuel : user=toto, password=azerty123.",
    "a blank to fill": "DB_HOST=localhost\nDB_PASSWORD=changez-moi\nDB_PORT=5432",
    "a phrase shown": "Choisissez une phrase de passe, par exemple « cheval correct agrafe batterie ».",
    "one shown among others": "Ne retenez jamais un exemple imprimé tel que « Soleil2024! ».",
    "a weak one shown": 'Never share passwords. Example of a weak one: "summer2023".',
    "a code among data": '[{"code": "75056", "nom": "Paris"}, {"code": "FR16019", "nom": "Trappes – N°2"}]',
    "a label above a sentence": "Le mot de passe est arrivé\nJeudi14 au courrier, merci",
    "a label above a word": "Le mot de passe est\nobligatoire",
    "a label above a count": "Mot de passe\n12 caractères",
    "a label above a date": "Mot de passe\n12/03/2029",
    "fields of a form": "Identifiant\nMot de passe\nSe connecter",
    "an outline": "1. Mot de passe\n2. Annuaire\n3. Wifi",
    "a field of a schema": "password:\n  type: string\n  minLength: 12",
    "a system that asks for one": "Windows11 (mot de passe demandé à chaque fois)",
    "fields in their order": "tu saisis ton login puis mot de passe (12 caractères)",
    "a field behind another": "identifiant puis mot de passe oublié",
    "a port behind an arrow": "vpn -> serveur:vpn12",
    "a version behind an arrow": "session -> image:v2.0.1",
    "a variable on the next line": "export DB_PASSWORD=\\\n$(cat /run/secret1)",
    "a schema far below its name": '{"password":\n          {"type": "string2"}}',
    "what a lost one was for": "j'ai oublié mon mot de passe Windows11, que faire ?",
    "what one was for that we lost": "nous avons encore perdu le mot de passe Windows11",
    "a year": "le coffre de la porte date de 1987",
}


@pytest.mark.parametrize(("text", "secret"), SURE.values(), ids=SURE)
def test_a_credential_is_protected_and_hidden_from_models(text: str, secret: str) -> None:
    """Surely N3; the model reads the rest of the text, and its answer has the secret back."""
    assessment = assess(text)
    assert (assessment.level, assessment.ask) == (Level.N3, False)
    masker = Masker()
    masked = masker.mask(text)
    assert secret not in masked
    assert masker.unmask(masked) == text


@pytest.mark.parametrize("text", ASKED.values(), ids=ASKED)
def test_what_may_be_one_is_asked_about(text: str) -> None:
    """Figures beside a door, a run that looks like a password: the rules are not sure."""
    assessment = assess(text, learned=False)
    assert (assessment.level, assessment.ask) == (Level.N3, True)


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_what_is_nobodys_secret_is_left_alone(text: str) -> None:
    """Questions, placeholders, documentation, hashes, formulas."""
    assert assess(text).level is Level.N1


def test_nothing_of_a_secret_is_shown() -> None:
    """Neither its letters nor its length."""
    for text, secret in SURE.values():
        assert not any(secret[:4] in e.excerpt for e in assess(text).evidence if e.kind == "credential")
