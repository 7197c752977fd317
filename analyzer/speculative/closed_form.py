"""The textbook formula for speculative decoding, and what it leaves out.

An approximation to stand beside a replay, never in its place. It takes acceptances as
independent with one chance. That is close for drafters that propose in every pass (within 3 % of
replay in tokens a pass). It is too high for prompt lookup, which proposes in few passes and then
in bursts: a draft behind an accepted one is likelier than the first. `match` repairs the passes
without a proposal; the bursts stay wrong by several per cent. Source: Leviathan et al. 2023
(arXiv 2211.17192), equation 1 and theorem 3.8, whose cost of a wider pass is 1.
"""


def tokens_per_pass(chance: float, drafted: int, *, match: float = 1.0) -> float:
    """Expected tokens of a pass: 1 without a proposal, (1 - a^(g + 1)) / (1 - a) with one.

    `chance` is a, the chance that a draft is accepted given that those before it were: measured,
    accepted / (accepted + rejected) with the first rejection of a pass alone. `match` is the
    share of passes in which the drafter proposes, 0 to 1.
    """
    with_draft = sum(chance**count for count in range(drafted + 1))  # the sum also holds at a = 1
    return (1.0 - match) + match * with_draft


def speed_up(
    chance: float,
    drafted: int,
    *,
    pass_ratio: float = 1.0,
    draft_ratio: float = 0.0,
    match: float = 1.0,
) -> float:
    """Expected speed-up over one token a pass: E / (v + g c), c only where drafts are made.

    `pass_ratio` is v, the cost of a pass of g + 1 tokens over that of one token, and is paid by
    every pass; `draft_ratio` is c, the cost of one drafted token over that of a pass of one
    token. Most texts leave v at 1, which flatters.
    """
    cost = pass_ratio + match * drafted * draft_ratio
    return tokens_per_pass(chance, drafted, match=match) / cost
