"""What may stand between a person and a case: the list from which an interest is declared. Pure."""

KINDS: dict[str, str] = {
    "related": "I am related to, or a friend of, somebody in this case",
    "worked-with": "I worked with the child or the family",
    "managed": "I manage, or managed, somebody who worked with them",
    "decided": "I took part in a decision or a complaint that this case looks at",
    "to-gain": "I have something to gain or to lose by how it ends",
    "other": "Something else",
}
"""In the words of who declares it."""

KINDS_OF_ANOTHER: dict[str, str] = {
    "related": "Related to, or a friend of, somebody in this case",
    "worked-with": "Worked with the child or the family",
    "managed": "Manages, or managed, somebody who worked with them",
    "decided": "Took part in a decision or a complaint that this case looks at",
    "to-gain": "Has something to gain or to lose by how it ends",
    "other": "Something else",
}
"""In the words of others."""
