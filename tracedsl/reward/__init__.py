"""What a completion is worth: text -> Judgement -> Score, by a policy that is data."""

from tracedsl.reward.extraction import Extracted, extract
from tracedsl.reward.policies import Outcome, Policy, load_policies, policy_named, shipped_policies
from tracedsl.reward.scoring import PARTS, Score, score, score_many

__all__ = [
    "PARTS",
    "Extracted",
    "Outcome",
    "Policy",
    "Score",
    "extract",
    "load_policies",
    "policy_named",
    "score",
    "score_many",
    "shipped_policies",
]
