"""One model family per file."""

MODELS = {
    "pool": "the families of one series that suit its kind, each with its weight",
    "trend": "level and slope that change slowly, with a slope that returns to its own drift",
    "walk": "random walk with drift, the plain baseline",
    "jumps": "a trend whose level also jumps now and then",
    "substitution": "a share that fills a market along a logistic curve, up to an uncertain cap",
    "composition": "shares of one whole, forecast together so that they sum to one",
    "pooled": "a trend for each member of a group, with a factor that all share",
    "judgement-only": "a series without history, from its stated level, growth and judgements",
    "derived": "a formula over other series",
    "custom": "your own PyMC model, given as module:function",
}
"""Name of a model family -> what it assumes."""

SINGLE_FAMILIES = ("trend", "walk", "jumps", "substitution")
"""Families that fit one series alone, and that a pool may weigh."""
