"""Given names that tell a person in a text. Common ones in France, of all its origins, and some English.

Names that are also ordinary words, places or bodies when capitalised (Marine, France, Lorraine, Pierre)
are left out of `ALONE`, which decides without a surname.
"""

from __future__ import annotations

_COMMON = """
Abdallah Abdel Abdelaziz Abdelhak Abdelkader Abdellah Abdelmalek Abderrahmane Abdou Abdoulaye Abel Abigaïl
Achille Adam Adama Adel Adélaïde Adèle Adeline Adnan Adolphe Adrien Adrienne Agathe Aglaé Agnès Ahmed Aïcha
Aïda Aïssa Aïssatou Akim Alain Alan Alassane Alban Albane Albert Alberto Albin Alejandro Aleksandra
Alessandro Alessia Alex Alexandra Alexandre Alexandrine Alexia Alexina Alexis Alfonso Alfred Ali Alice
Alicia Aline Aliou Alioune Alison Alix Alizée Allan Aloïs Alphonse Aly Alyssa Amadou Amal Amandine Amar
Amaury Amaya Ambre Amel Amélia Amélie Ameline Amin Amina Aminata Amine Amir Amira Anaëlle Anaïs Anas Anatole
Anatoli André Andréa Andrée Andreea Andrei Andrew Andy Ange Angela Angèle Angélina Angélique Angelo Anicet
Anissa Anita Ann Anna Annabelle Annaïg Anne Anne-Claire Anne-Laure Anne-Marie Anne-Sophie Annette Annick
Annie Anouk Anselme Anthéa Anthony Antoine Antoinette Antonia Antonin Antonio António Apolinaire Apolline
Ariane Arielle Aristide Arlène Arlette Armand Armel Armelle Arnaud Arsène Arthur Arthus Asma Asmaa Assane
Assetou Assia Astrid Athénaïs Aude Audrey Auguste Augustin Augustine Aurane Aurélia Aurélie Aurélien Auriane
Aurore Awa Axel Axelle Ayman Aymen Aymeric Ayoub Aziz Azzedine Babacar Badr Bakary Baptiste Baptistin
Barbara Barnabé Barthélémy Basile Basma Bastien Baudouin Béatrice Beatriz Belkacem Bénédicte Benjamin Benoît
Bérangère Bérengère Bérénice Bernadette Bernard Bertille Bertrand Bianca Bilal Binta Björn Blaise Blanche
Bogdan Boris Boubacar Bouchra Brahim Brandon Brian Brice Brieuc Brigitte Bruna Brunehilde Bruno Camélia
Cameron Camille Candice Carine Carl Carla Carlos Carmen Carol Carole Carolina Caroline Caroll Cassandra
Cassandre Catalina Catarina Catherine Cathy Cécile Cédric Célestin Célia Célian Célimène Célina Céline
Césaire Chaïma Chantal Chantale Charlène Charles Charlie Charline Charlotte Cheikh Cheyenne Chiara Chloé
Christel Christelle Christian Christiane Christina Christine Christophe Christopher Cindy Claire Clara
Clarisse Claude Claudette Claudia Claudie Claudine Cléa Clélia Clémence Clément Clémentin Clémentine Cléo
Clotilde Colette Colin Coline Coralie Coraline Cordula Corentin Corina Corinne Cosima Cristian Cristina
Cynthia Cyprien Cyrielle Cyril Cyrille Dalila Damian Damien Danaé Dania Daniel Danièle Danielle Danilo Danny
Daouda Daphné Darius Dave David Davina Davy Dawson Débora Deborah Delia Delphine Denis Denise Denys Diaby
Diana Diane Didier Dimitri Dina Djamel Djamila Djenaba Djibril Dominic Dominique Donald Donatella Donatien
Donovan Dorian Doriane Doris Dorothée Dounia Driss Duncan Dylan Ebba Eddy Edgar Edith Edmond Édouard Eduardo
Edward Edwige Edwin Eglantine Églantine Élena Éléonore Elia Éliane Élias Élie Eliette Elina Eline Éliot
Eliott Élisa Elisabeth Élisabeth Élise Eliza Ella Ellen Élodie Eloi Éloi Éloïse Elsa Elvira Elvire Elyes
Émeline Émile Emilia Émilie Émilien Emily Emin Emine Emma Emmanuel Emmanuelle Emmy Enora Enzo Éric Erica
Erik Erika Ernestine Erwan Esteban Estelle Esther Éthan Étienne Étiennette Eugène Eugénia Eugénie Eulalie
Eva Evan Ève Évelyne Ewen Ezéchiel Fabien Fabienne Fabio Fabiola Fabrice Faïza Fallou Fanny Farah Farid
Farida Fatiha Fatima Fatimata Fatma Fatna Fatou Fatoumata Faustine Fayçal Federico Félicie Félicien Félix
Fernand Fernanda Fernando Filipe Firas Firmin Flavia Flavie Flavien Flora Floréal Florent Florian Floriane
Florine Fouad Foued Franca Francesca Francesco Francine Francis Francisco Franck François Françoise Franz
Frédéric Frédérique Frida Fritz Gabin Gabriel Gabriele Gabriella Gabrielle Gaël Gaëlle Gaëtan Gaëtane Gala
Garance Gary Gaspard Gaultier Gautam Gauthier Gautier Geneviève Geoffrey Geoffroy George Georges Georgette
Gérald Géraldine Gérard Germain Germaine Ghislain Ghislaine Gianni Gilbert Gilberte Gilberto Gilles Gina
Ginette Giovanni Gisèle Giulia Giuseppe Gladys Goran Grace Grégoire Grégory Guenièvre Guénolé Guido Guilhem
Guillaume Gustave Guy Guylaine Gwenaël Gwenaëlle Gwendoline Gwladys Habib Habiba Hadja Hadrien Hafid Hakim
Halima Hamid Hamza Hana Hanane Hanna Hannah Hans Harold Harry Hasna Hassan Hassen Hassiba Hayat Hector Hédi
Heidi Helena Hélène Hella Héloïse Henri Henriette Henry Hermann Hervé Hicham Hichem Hind Hippolyte Hocine
Honoré Hortense Houda Houria Hubert Hugo Hugues Ian Ibrahim Ibrahima Idir Idris Idriss Ignace Ignacio Igor
Ikram Ilan Ilana Ilham Ilhan Ilona Ilyas Ilyes Imad Imane Imen Imène Inaya Inès Ingrid Ioana Irène Irina
Iris Isaac Isabel Isabella Isabelle Isadora Isaure Ismaël Ismaïl Issa Ivan Ivana Jacinthe Jack Jacky Jacob
Jacqueline Jacques Jad Jade Jaime Jalil Jamal Jamel James Jamila Jane Janine Jannick Jasmine Jason Javier
Jawad Jean Jean-Baptiste Jean-Christophe Jean-Claude Jean-François Jean-Jacques Jean-Louis Jean-Luc
Jean-Marc Jean-Marie Jean-Michel Jean-Noël Jean-Paul Jean-Philippe Jean-Pierre Jean-Yves Jeanne Jeanne-Marie
Jeannette Jeannine Jennifer Jérémie Jérémy Jérôme Jessica Jessie Jessy Jihane Jim Joachim Joan Joana Joanna
Joao Joaquim Jocelyn Jocelyne Joël Joëlle Joey Johan Johann Johanna Johanne John Johnny Jonas Jonathan
Jordan Jorge Joris José Josée Joseph Josepha Joséphine Josette Joshua Josiane Josselin Josué Joyce Juan
Juana Judith Jules Julia Julian Juliane Julie Julien Julienne Juliette Justin Justine Kader Kamal Kamel
Kamila Karen Karim Karima Karin Karine Karl Katarina Kate Kateryna Katia Katy Kelly Kémi Kenny Kenza Kevin
Kévin Khadidja Khadija Khadim Khaled Khalid Khalil Kilian Killian Kim Koffi Kouamé Kristina Kylian Kyllian
Ladislas Laetitia Laëtitia Laïla Lamia Lamine Lara Larissa Lassana Latifa Laura Laure Laureline Laurence
Laurent Lauriane Laurie Laurine Lazare Léa Léana Leïla Lélia Lena Léna Leni Léo Léon Leonard Léonard Léonie
Léontine Léopold Leslie Liam Liana Lili Lilia Lilian Liliane Lily Lina Linda Line Lionel Lisa Lisandre Lise
Lisette Lison Livia Loane Loïc Loïs Lola Lorène Lorenzo Loris Lotfi Lou Louane Loubna Louis Louis-Marie
Louisa Louise Louna Luc Luca Lucas Luce Lucette Lucia Lucian Luciana Luciano Lucie Lucien Lucienne Lucile
Lucille Ludivine Ludmilla Ludovic Luigi Luis Luisa Luka Lukas Lydia Lydie Lylia Lyna Madeleine Maël Maëlle
Maëlys Maeva Magali Magalie Magdalena Maha Mahamadou Mahaut Mahdi Mahmoud Maïa Maïlys Maïmouna Maïssa Maïté
Majid Malek Malick Malik Malika Mamadou Mame Manon Manuel Manuela Manuella Mara Marc Marc-Antoine Marceau
Marcel Marceline Marcelle Marcelline Marcello Marco Mareva Margaux Margot Marguerite Maria Mariam Mariama
Marianne Marie Marie-Anne Marie-Christine Marie-Claude Marie-France Marie-Hélène Marie-José Marie-Laure
Marie-Noëlle Marie-Pierre Marie-Thérèse Marielle Mariette Marija Marika Marilyne Marin Marina Mario Marion
Marisa Marius Marjolaine Marjorie Mark Marko Marlène Maro Marouane Marta Martha Marthe Martial Martine Marwa
Marwan Mary Maryam Maryline Maryse Maryvonne Masha Matéo Mateusz Mathéo Mathias Mathieu Mathilde Mathis
Mathys Matteo Matthew Matthias Matthieu Maud Maureen Maurice Mauricette Max Maxence Maxime Maximilien Maya
Mehdi Meïssa Mélanie Mélina Mélinda Mélissa Mélodie Mercedes Meriem Meryem Mia Michael Michaël Michel
Michèle Micheline Michelle Mickaël Miguel Mihai Mikaël Mike Mila Milan Milena Milène Milo Miloud Mireille
Mirela Miriam Moctar Mohamed Mohammed Mohand Moïse Mokhtar Monia Monique Morgan Morgane Mouna Mounia Mounir
Mourad Moussa Muriel Mustafa Mustapha Mylène Myriam Nabil Nabila Nacer Nada Nadège Nadia Nadine Nadir Nadjet
Naël Nahima Naïm Naïma Najat Najet Najib Nancy Naomi Narimane Nasser Nassim Nassima Natacha Natalia Natalie
Natasha Nathalia Nathalie Nathan Nathanaël Nawal Nawel Nazim Ndeye Nedjma Nélia Nelly Nicaise Nicolaï
Nicolas Nicole Nikita Nikola Nikolaï Nils Nina Ninon Nizar Noa Noah Noam Noé Noélie Noëlle Noémie Noham
Nohan Nolan Nolwenn Nora Norah Norbert Nordin Nordine Norman Nour Noura Nouria Nuno Océane Octave Odette
Odile Odilon Oleksandr Olena Olga Oliver Olivia Olivier Omar Omer Oriane Orlane Ornella Oscar Othmane Oumar
Oumou Ouria Ousmane Pablo Paco Paloma Pamela Paola Paolo Pascale Patrice Patricia Patricio Patrick Paul
Paul-Henri Paula Paule Paulette Paulin Pauline Paulo Pedro Peggy Pénélope Perrine Peter Philip Philippe
Philippine Phoebe Pierre-Alain Pierre-Yves Pierrette Pierrick Pietro Priscilla Quentin Quitterie Rachel
Rachid Rachida Rafael Rafik Rahma Raïssa Ralph Raluca Ramata Ramzi Rania Raoul Raphaël Raphaela Raphaëlle
Raquel Rayan Rayane Raymond Raymonde Rebecca Reda Réda Redouane Régine Régis Reine Rémi Rémy Renata Renato
Renaud René Renée Rhita Riad Ricardo Richard Rim Rindra Rita Robert Roberta Roberte Roberto Robin Rodolphe
Rodrigue Roger Roland Rolande Romain Romane Roméo Romuald Ronan Rosalia Rosalie Rose-Marie Roselyne
Rosemarie Rosie Rosine Roxana Roxane Ruben Ruth Ryan Saad Sabah Saber Sabine Sabrina Safia Saïd Saïda Sakina
Salah Salim Salima Salimata Salma Salomé Salomon Salvatore Sam Samantha Samba Sami Samia Samih Samir Samira
Samson Samuel Samy Sana Sandra Sandrine Sandro Sara Sarah Sarra Scott Sean Sebastian Sébastien Ségolène
Sekou Selim Sélim Selma Séraphin Séraphine Serena Serge Sergio Servane Séverine Seydou Shaïma Shana Shanna
Sheila Shirley Sibylle Sidonie Siham Sihem Silvia Siméon Simon Simone Simonne Sindy Sirine Sixtine Slimane
Sofia Sofiane Solange Solène Solenne Sonia Sophia Sophie Soraya Souad Soufiane Soukaïna Souleymane Soumaya
Soumia Stacy Stan Stanislas Stefan Stefania Stella Stéphan Stéphane Stéphanie Steve Steven Susan Suzanne
Suzie Suzy Sven Svetlana Sybille Sylvain Sylvaine Sylvère Sylvette Sylvia Sylviane Sylvie Sylvio Tamara
Tanguy Tania Tarek Tatiana Teddy Téo Teresa Tess Teva Thaïs Thalia Théa Théau Thècle Théo Théodora Théodore
Théophile Thérèse Thiago Thibaud Thibault Thibaut Thierry Thomas Tiago Tidiane Tifenn Tiffany Timéo Timothée
Timothy Titouan Tom Tony Toufik Tristan Ugo Ulysse Umberto Valentin Valentina Valentine Valeria Valérian
Valérie Valérien Vanessa Vanina Vasco Véra Verena Véronique Vianney Vicky Victor Victoria Victorien
Victorine Vikram Vincent Vincente Vinciane Virgil Virgile Virginie Vitoria Vittoria Viviane Vivien Vladimir
Wael Waël Wafa Waldemar Walid Walter Wassila Wassim Wendy Wided Wilfried Wilhelm William Willy Wissam Xavier
Xavière Yacine Yacouba Yaël Yaëlle Yahia Yamina Yana Yanis Yann Yannick Yannis Yara Yasin Yasmin Yasmina
Yasmine Yasser Yassin Yassine Ylan Yoan Yoann Yohan Yohann Yolanda Yolande Youcef Younes Youness Youssef
Ysée Yuna Yusuf Yvan Yves Yvette Yvon Yvonne Zacharie Zahia Zahra Zakaria Zara Zarah Zeïnab Zélie Zeynep
Ziad Zineb Zineddine Zita Zoé Zohra Zoltan Zoulikha
"""
_AMBIGUOUS = """
Aimé Aldo Ambre Amos Ana Anémone Ange Antoine Assa Aubin Aubry Aurore Aya Balthazar Benoît Bernard Betty
Blanche Calixte Calypso Candy Capucine César Charlie Cherif Chris Clément Clovis Colin Colombe Côme Conrad
Constance Constant Constantin Cora Dan Dana David Demba Denis Désirée Diego Dominique Donia Dora Ernest
Eudes Ezra Félicité Félix Ferdinand Fleur Florence Florent Franco Gautier Gérard Germain Gloria Grace Greta
Guy Harmonie Henry Honoré Hubert Hyacinthe Iris Isadora Isis Jan Jana Jasmine Jordan Joy Juste Kim Kim-Anh
Lana Laurent Leonard Lia Lilas Line Loan Lou Louis Lubin Malo Marie Marin Marine Mark Martin Maud Max Michel
Milan Mina Modou Mona Narcisse Nestor Noël Octavie Olive Olympe Owen Pape Pascal Paul Perle Petra Pierre
Prosper Prune Ramon Régis Reine Richard Robert Robin Rocco Romarin Romy Rosa Rosario Rose Sabri Sacha Safa
Sally Salvador Sam Samuel Sana Santiago Savannah Simon Solange Sydney Tara Taylor Thomas Tim Tina Titus
Trinh Urbain Ursula Vincent Violette
"""


def _fold(names: str) -> frozenset[str]:
    from core.sensitivity.folding import fold

    return frozenset(fold(names).text.split())


_PLAIN = _fold(_AMBIGUOUS)
FIRST = _fold(_COMMON) | _PLAIN
"""Given names, folded, as they are written: a capital and small letters."""

ALONE = FIRST - _PLAIN
"""Those that tell a person even without a surname."""
