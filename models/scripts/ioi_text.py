"""Templated English whose next word is known, with the word that decides it.

Two kinds of sentence. Indirect object: two names, one of them named again as
the giver, so that the receiver must be the other (Wang et al. 2023,
arXiv:2211.00593). Agreement: a noun, something between that carries another
noun, and a verb that agrees with the first (Linzen et al. 2016,
arXiv:1611.01368).
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import asdict, dataclass, field

NAMES = """Mary John Tom Anna James Laura Peter Susan David Emma Paul Alice Mark Julia Simon Clara Henry Grace Oscar Lucy
Daniel Sarah Victor Nina Martin Helen George Rachel Adam Eva Frank Diana Robert Maria Jack Sophie Leo Ruth Max Ida
Arthur Jane Felix Rose Hugo Alma Carl Vera Noah Iris Samuel Martha Philip Amy Edgar Kate Bruno Lena Walter Olga""".split()
PLACES = "store park school station garden library market beach office museum river bakery".split()
OBJECTS = "drink book ring flower letter gift ball key cake pencil basket ticket coat map".split()
GIVING = "gave handed sent brought passed offered".split()
INDIRECT = (
    "When {a} and {b} went to the {place}, {s} {gave} a {thing} to",
    "While {a} and {b} were at the {place}, {s} {gave} a {thing} to",
    "After {a} and {b} left the {place}, {s} {gave} the {thing} to",
    "Yesterday {a} and {b} met near the {place}, and {s} {gave} a {thing} to",
    "Then {a} and {b} walked to the {place}. In the end, {s} {gave} the {thing} to",
    "{a} and {b} had a long talk at the {place}. Later {s} {gave} a {thing} to",
    "Because {a} and {b} worked at the {place}, {s} often {gave} a {thing} to",
    "Friends of {a} met {b} at the {place}. At noon {s} {gave} the {thing} to",
)
NOUNS = {
    "key": "keys", "dog": "dogs", "cat": "cats", "boy": "boys", "girl": "girls", "teacher": "teachers", "doctor": "doctors",
    "chair": "chairs", "picture": "pictures", "window": "windows", "author": "authors", "farmer": "farmers", "horse": "horses",
    "table": "tables", "lamp": "lamps", "driver": "drivers", "singer": "singers", "apple": "apples", "box": "boxes", "road": "roads",
}
BETWEEN = "near behind beside above below with".split()
STATES = "old new small large quiet famous".split()
AGREEMENT = (
    ("The {n} {between} the {m}", ("is", "are")),
    ("Today the {n} {between} the {m}", ("is", "are")),
    ("Last year the {n} {between} the {m}", ("was", "were")),
    ("The {n} that the {m} saw", ("is", "are")),
    ("For many years the {n} {between} the {m}", ("has been", "have been")),
    ("We know that the {n} {between} the {m}", ("is", "are")),
)


@dataclass
class Case:
    """A prompt, the word that must follow, the wrong word of the same kind, and the deciding words.

    `evidence_positions` count the words and marks of the prompt from 0, so that
    of a word that occurs twice one place is meant.
    """

    text: str
    answer: str
    foil: str
    evidence: list[str]
    evidence_positions: list[int]
    kind: str
    rest: str = field(default="", repr=False)
    group: str = field(default="", repr=False)

    def public(self) -> dict:
        """What cases.json holds."""
        return {k: v for k, v in asdict(self).items() if k not in ("rest", "group")}

    def sentence(self) -> str:
        """The whole sentence, as trained on."""
        return f"{self.text} {self.rest}"


def position(text: str, word: str) -> int:
    """Index of the first occurrence of `word` among the words and marks of `text`."""
    return text.replace(",", " ,").replace(".", " .").split().index(word)


def indirect(rng: random.Random) -> Case:
    """One sentence of the indirect-object kind."""
    template = rng.randrange(len(INDIRECT))
    a, b = rng.sample(NAMES, 2)
    giver, receiver = (a, b) if rng.random() < 0.5 else (b, a)
    text = INDIRECT[template].format(
        a=a, b=b, s=giver, place=rng.choice(PLACES), gave=rng.choice(GIVING), thing=rng.choice(OBJECTS))
    return Case(text, receiver, giver, [receiver], [position(text, receiver)], "indirect-object",
                f"{receiver}.", f"{template}|{'|'.join(sorted((a, b)))}")


def agreement(rng: random.Random) -> Case:
    """One sentence of the agreement kind."""
    index = rng.randrange(len(AGREEMENT))
    template, verbs = AGREEMENT[index]
    first, second = rng.sample(list(NOUNS), 2)
    plural, other = rng.random() < 0.5, rng.random() < 0.5
    n, m = NOUNS[first] if plural else first, NOUNS[second] if other else second
    text = template.format(n=n, m=m, between=rng.choice(BETWEEN))
    right, wrong = (verbs[plural].split()[0], verbs[not plural].split()[0])
    return Case(text, right, wrong, [n], [position(text, n)], "agreement",
                f"{verbs[plural]} {rng.choice(STATES)}.", f"{template}|{first}|{second}|{plural}|{other}")


def held_out(case: Case) -> bool:
    """One in ten groups (a template with its pair of names, or of nouns and numbers) is never trained on."""
    return hashlib.sha256(case.group.encode()).digest()[0] % 10 == 0


def draw(rng: random.Random, held: bool) -> Case:
    """A random case from the held-out tenth, or from the other nine tenths."""
    while True:
        case = (indirect if rng.random() < 0.6 else agreement)(rng)
        if held_out(case) == held:
            return case


def vocabulary() -> list[str]:
    """Every word and mark that the templates can produce, sorted."""
    found: set[str] = {".", ",", "been"}
    sources = [*INDIRECT, *(t for t, _ in AGREEMENT), *(v for _, pair in AGREEMENT for v in pair)]
    for text in sources:
        bare = text.replace(",", " ").replace(".", " ").split()
        found.update(word for word in bare if not word.startswith("{"))
    return sorted(found.union(NAMES, PLACES, OBJECTS, GIVING, NOUNS, NOUNS.values(), BETWEEN, STATES))
