"""The lists that people choose from when they declare an interest, or ask to see what nobody granted them. Pure."""

INTERESTS: dict[str, str] = {
    "related": "I am related to, or a friend of, somebody in this case",
    "worked-with": "I worked with the child or the family",
    "managed": "I manage, or managed, somebody who worked with them",
    "decided": "I took part in a decision or a complaint that this case looks at",
    "to-gain": "I have something to gain or to lose by how it ends",
    "other": "Something else",
}
"""What may stand between a person and a case, in the words of who declares it."""

INTERESTS_OF_ANOTHER: dict[str, str] = {
    "related": "Related to, or a friend of, somebody in this case",
    "worked-with": "Worked with the child or the family",
    "managed": "Manages, or managed, somebody who worked with them",
    "decided": "Took part in a decision or a complaint that this case looks at",
    "to-gain": "Has something to gain or to lose by how it ends",
    "other": "Something else",
}
"""The same in the words of others."""

EMERGENCIES: dict[str, str] = {
    "child-at-risk": "A child may be at risk now",
    "nobody-here": "Nobody who can see the case can be reached, and something is due",
    "court": "A court, the police or the coroner asks",
    "put-right": "Something in the service must be put right, and cannot be without looking",
    "other": "Something else",
}
"""Why somebody must see a case that nobody granted them."""
