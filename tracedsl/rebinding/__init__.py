"""Whether two traces compute the same function of a problem's numbers.

Each number that the first trace is given is a quantity of its own, a slot; listed constants and
their reciprocals stay as they are. A number of the second trace stands for a slot of the same
value, for the one of the same name if there is one; what is equal to no slot keeps its value.
Then the slots are replaced and the results compared: at random points of a prime field, or, where
order matters, at random rationals of the same signs, sizes and order.

The first trace is the reference: its equal numbers are two quantities, which the second may not
take for one, so `1 + 3` is not `3 + 3 / 3`. But the second may write a number of the first twice.

With a question at hand the numbers have roles: `reference` binds a gold trace to its question, and
what it is compared with is tied by roles, not by values.
"""

from tracedsl.rebinding.comparison import Bound, Comparison, Verdict, Witness, compare
from tracedsl.rebinding.references import Reference, Stated, reference

__all__ = ["Bound", "Comparison", "Reference", "Stated", "Verdict", "Witness", "compare", "reference"]
