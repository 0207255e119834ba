"""Given names that tell a person in a text. Common ones in France, of all its origins, and some English.

Names that are also ordinary words, places or bodies when capitalised (Marine, France, Lorraine, Pierre)
are left out of `ALONE`, which decides without a surname.
"""

from __future__ import annotations

_COMMON = """
Abdallah Abdel Abdou Abdoulaye Abel Achille Adam Adama Adeline Adrien Adrienne Adèle Agathe Agnès Ahmed
Alain Alan Alban Albane Albert Albin Alex Alexandra Alexandre Alexia Alexis Alfred Ali Alice Alicia Aline
Alix Alizée Aloïs Alphonse Amadou Amandine Ambre Amina Aminata Amine Amir Amira Amélie Anatole Anaëlle Anaïs
Andrew André Andréa Andrée Andy Ange Angela Angèle Angélique Anissa Anita Ann Anna Annabelle Anne Annette
Annick Annie Anouk Anthony Antoine Antoinette Apolline Ariane Aristide Arlette Armand Armelle Arnaud Arthur
Assia Astrid Aude Audrey Auguste Augustin Aurore Aurélia Aurélie Aurélien Awa Axel Axelle Ayoub Aziz Aïcha
Aïssatou Babacar Baptiste Barbara Basile Bastien Benjamin Benoît Bernadette Bernard Bertrand Bilal Blaise
Blanche Boris Boubacar Brahim Brandon Brian Brice Brieuc Brigitte Bruno Béatrice Bénédicte Bérénice Cameron
Camille Camélia Candice Carine Carl Carla Carmen Carole Caroline Caroll Cassandra Catherine Chantal Charles
Charlie Charline Charlotte Charlène Cheikh Chloé Christel Christelle Christian Christiane Christina
Christine Christophe Christopher Claire Clara Clarisse Claude Claudia Claudine Clotilde Clémence Clément
Clémentine Colette Colin Coline Coralie Corentin Corinne Cyprien Cyril Cyrille Cécile Cédric Célestin Célia
Céline Damien Daniel Danielle Danièle Daphné Dave David Dawson Deborah Delphine Denis Denise Diana Diane
Didier Dimitri Djamel Djibril Dominique Donald Donovan Dorian Doriane Dorothée Driss Dylan Ebba Edgar Edith
Edmond Edward Edwige Elisabeth Ella Ellen Elsa Elvire Emilia Emily Emma Emmanuel Emmanuelle Enzo Erica Erik
Erwan Esteban Estelle Esther Eugène Eugénie Eva Ewen Fabien Fabienne Fabio Fabrice Fanny Farah Farid Farida
Fatiha Fatima Fatimata Fatou Fatoumata Faustine Fernand Fernando Firmin Flavie Flavien Florent Florian
Floriane Florine Fouad Francine Franck François Françoise Frédéric Frédérique Félicie Félix Gabin Gabriel
Gabrielle Garance Gaspard Gauthier Gautier Gaël Gaëlle Gaëtan Geneviève Geoffrey Geoffroy George Georges
Georgette Germain Germaine Ghislain Ghislaine Gilbert Gilberte Gilles Ginette Gisèle Giulia Grace Grégoire
Grégory Guilhem Guillaume Gustave Guy Guylaine Gwenaël Gwenaëlle Gwendoline Gérald Géraldine Gérard Habib
Hadrien Hakim Halima Hamid Hamza Hannah Harold Harry Hassan Hassiba Hector Henri Henriette Henry Hervé
Hicham Hind Hocine Honoré Hortense Houria Hubert Hugo Hugues Héloïse Hélène Ian Ibrahim Ibrahima Idriss
Ignace Igor Ilan Ilyes Imane Inaya Ingrid Inès Iris Irène Isaac Isabel Isabelle Isadora Ismaël Issa Ivan
Jack Jacky Jacob Jacqueline Jacques Jade Jamel James Jamila Jane Janine Jasmine Jason Jean Jeanne Jeannine
Jennifer Jessica Jessie Jim Joachim Joan Joanna Jocelyn Jocelyne Joey Johan Johanna John Johnny Jonas
Jonathan Jordan Joris Joseph Josette Joshua Josiane Josselin José Joséphine Joël Joëlle Juan Judith Jules
Julia Julian Julie Julien Julienne Juliette Justin Justine Jérémie Jérémy Jérôme Kader Kamel Karen Karim
Karima Karine Karl Kate Katia Kelly Kenza Kevin Khadija Khaled Khalid Killian Kim Kylian Kévin Laetitia
Lamia Lara Larissa Laura Laure Laureline Laurence Laurent Laurie Laurine Lazare Laëtitia Laïla Lena Leonard
Leslie Leïla Lilia Lilian Liliane Lily Lina Linda Line Lionel Lisa Lise Lison Livia Loane Lola Loris Lou
Louane Louis Louisa Louise Louna Loïc Loïs Luc Luca Lucas Lucette Lucie Lucien Lucienne Lucile Ludivine
Ludovic Luis Lydia Lydie Lyna Léa Léana Léna Léo Léon Léonard Léonie Léontine Léopold Madeleine Maeva Magali
Mahamadou Mahmoud Malek Malick Malik Malika Mamadou Manon Manuel Marc Marceau Marcel Marcelle Marcelline
Marco Margaux Margot Marguerite Maria Mariam Mariama Marianne Marie Marielle Marin Marina Marion Marius
Marjolaine Marjorie Mark Marlène Marthe Martial Martine Mary Maryam Maryline Maryse Maryvonne Mathias
Mathieu Mathilde Mathis Mathéo Matteo Matthew Matthias Matthieu Maud Maureen Maurice Mauricette Max Maxence
Maxime Maximilien Maya Maël Maëlle Maëlys Maïa Mehdi Mercedes Meriem Michael Michaël Michel Micheline
Michelle Michèle Mickaël Mike Mila Milan Milo Mireille Mohamed Mohammed Monique Morgan Morgane Mouna Mourad
Moussa Moïse Muriel Mustapha Myriam Mélanie Mélina Mélissa Mélodie Nabil Nadia Nadine Nadège Naomi Natacha
Natalie Nathalie Nathan Nathanaël Nawel Naël Naïma Nelly Nicolas Nicole Nina Ninon Nizar Noa Noah Noam Noham
Nolan Nolwenn Nora Norbert Nordine Nour Noura Noé Noémie Octave Océane Odette Odile Olga Oliver Olivia
Olivier Omar Oriane Oscar Othmane Ousmane Pablo Pamela Paola Pascale Patrice Patricia Patrick Paul Paula
Paule Paulette Pauline Pedro Peggy Perrine Peter Philip Philippe Philippine Pierrette Pierrick Priscilla
Quentin Rachel Rachid Rachida Rafael Ralph Ramzi Rania Raoul Raphaël Raphaëlle Rayan Raymond Raymonde Raïssa
Reine Renaud René Renée Richard Rim Rita Robert Roberte Robin Rodolphe Rodrigue Roger Roland Rolande Romain
Romane Romuald Roméo Ronan Rosalie Rosine Ruben Ryan Régine Régis Rémi Rémy Salah Salim Salima Salomé Sam
Samba Sami Samia Samir Samira Samuel Samy Sana Sandra Sandrine Sara Sarah Saïd Saïda Scott Sean Selma Serge
Servane Shana Shirley Sidonie Siham Sihem Simon Simone Simonne Sixtine Slimane Sofia Sofiane Solange Solenne
Solène Sonia Sophia Sophie Souad Soufiane Soukaïna Stanislas Stella Steve Steven Stéphane Stéphanie Susan
Suzanne Suzy Sven Sylvain Sylvaine Sylvette Sylviane Sylvie Sébastien Ségolène Séverine Tanguy Tania Tarek
Tess Thaïs Thibaud Thibault Thibaut Thierry Thomas Théa Théo Théodore Théophile Thérèse Tiago Tifenn Tiffany
Timothée Timéo Tom Tony Tristan Téo Ulysse Valentin Valentine Valérian Valérie Vanessa Vianney Vicky Victor
Victoria Victorien Victorine Vincent Vincente Virgile Virginie Viviane Vivien Véra Véronique Wafa Walid
Wassim Wendy Wilfried William Willy Xavier Yacine Yanis Yann Yannick Yasmina Yasmine Yassine Yoann Yohan
Yolande Youcef Youssef Ysée Yvan Yves Yvette Yvon Yvonne Zacharie Zineb Zohra Zoé Zélie Ève Édouard Élena
Éliane Élias Élie Éliot Élisa Élisabeth Élise Élodie Éloïse Éléonore Émeline Émile Émilie Émilien Éric Éthan
Étienne Évelyne
"""
_AMBIGUOUS = """
Aimé Ambre Ange Antoine Anémone Aurore Benoît Bernard Blanche Charlie Clément Colin Colombe Constance David
Denis Dominique Fleur Florence Florent Félix Gautier Germain Grace Guy Gérard Henry Honoré Hubert Iris
Isadora Jasmine Jordan Kim Laurent Leonard Line Lou Louis Marie Marin Marine Mark Martin Maud Max Michel
Milan Noël Olive Pascal Paul Pierre Reine Richard Robert Robin Rose Régis Sacha Sam Samuel Sana Simon
Solange Thomas Vincent Violette
"""


def _fold(names: str) -> frozenset[str]:
    from core.sensitivity.folding import fold

    return frozenset(fold(names).text.split())


_PLAIN = _fold(_AMBIGUOUS)
FIRST = _fold(_COMMON) | _PLAIN
"""Given names, folded, as they are written: a capital and small letters."""

ALONE = FIRST - _PLAIN
"""Those that tell a person even without a surname."""
