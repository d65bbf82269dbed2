"""The library in a few lines: check a text, run it, read what is wrong."""

import tracedsl

TEXT = """\
expert: comparison
trace:
- {op: init, var: bob.cards, value: 28}
- {op: init, var: factor, value: 1/3}
- {op: compute, compute_op: mul, args: [bob.cards, factor], var: third}
- {op: query, var: third}
"""

result = tracedsl.run(TEXT)
print(result.answer)  # 28/3
print(result.sub_traces[0].values)  # {'bob.cards': '28', 'factor': '1/3', 'third': '28/3'}

report = tracedsl.check(TEXT.replace("query, var: third", "query, var: factor"))
for fault in report.diagnostics:
    print(fault.code, fault.message)  # T803 …, T404 `factor` is given, not computed

compiled = tracedsl.compile(tracedsl.parse(TEXT))
verified = tracedsl.verify(compiled)
if verified.graph is not None:
    print(tracedsl.execute(verified.graph).answer)
