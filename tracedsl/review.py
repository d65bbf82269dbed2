"""What needs values, the question or the whole graph: T7, T8, T9 and the answer."""

from __future__ import annotations

from collections.abc import Iterator

from tracedsl.diagnostics import Diagnostic, Edit, review, values
from tracedsl.equivalence import constancy
from tracedsl.executor import Execution
from tracedsl.graph import Action, Apply, Definition, Graph, Input, Link, NodeId
from tracedsl.grounding import is_grounded
from tracedsl.numbers import Number, show, show_number
from tracedsl.source import Source
from tracedsl.syntax.ast import Document, Example, Formula, steps
from tracedsl.syntax.edits import deletion
from tracedsl.vocabulary import Lexicon


def review_form(document: Document, source: Source) -> Iterator[Diagnostic]:
    """Report steps that mean nothing (T901)."""
    for step in steps(document):
        if step.__class__ is Formula:
            yield review.FormulaStep(span=step.span, edits=deletion(source, step.span))


def review_grounding(document: Document, graph: Graph, lexicon: Lexicon) -> Iterator[Diagnostic]:
    """Report numbers that do not come from the question (T7); only an example has one."""
    if not isinstance(document, Example) or document.question is None:
        return
    question = document.question.text
    for node in graph.nodes:
        if isinstance(node, Input) and not is_grounded(max(node.value, -node.value), question, lexicon):
            yield review.Ungrounded(span=node.span, number=show_number(Number(node.value, node.percent)))


def review_answer(document: Document, execution: Execution) -> Iterator[Diagnostic]:
    """Report an example whose trace computes another value than its answer."""
    answer = document.answer if isinstance(document, Example) else None
    found = execution.answer
    if answer is None or found is None or found.value == answer.number.value:
        return
    place = execution.graph.scopes[-1].query.place
    yield values.WrongAnswer(
        span=place,
        answer=show(answer.number.value),
        value=show(found.value),
        stated=answer.span if answer.span.end else None,
    )


def review_shortcuts(graph: Graph, source: Source) -> Iterator[Diagnostic]:
    """Report results that do not depend on what is given, and steps that nothing depends on (T8)."""
    used = _uses(graph, [graph.result], requirements=False)
    yield from _constant_result(graph, used)
    simple = len(graph.scopes) == 1 and all(len(action.definitions) == 1 for action in graph.scopes[0].actions)
    needed = used if simple else _needed(graph)
    claimed = _uses(graph, [claim.node for claim in graph.claims], requirements=True) if graph.claims else None
    for scope in graph.scopes:
        for action in scope.actions:
            if unused := [made for made in action.definitions if not needed[made.node]]:
                removable = claimed is None or not any(claimed[made.node] for made in action.definitions)
                yield from _unused(graph, action, unused, deletion(source, action.span) if removable else ())
            elif len(names := [made.name for made in action.definitions]) > len(set(names)):
                edits = deletion(source, action.span)
                yield review.SameEntity(span=action.span, op=action.op, var=names[0], edits=edits)


def _needed(graph: Graph) -> list[int]:
    """Count how often each node is reached from a result, or from a step that a result needs.

    A step that two entities take part in is needed as a whole, and so is what it requires.
    """
    made = [[each.node for each in action.definitions] for scope in graph.scopes for action in scope.actions]
    roots = [scope.query.node for scope in graph.scopes]
    while True:
        needed = _uses(graph, roots, requirements=True)
        live = {node for nodes in made if any(needed[node] for node in nodes) for node in nodes}
        more = [node for node in live if not needed[node] and isinstance(graph.nodes[node], Apply)]
        if not more:
            return needed
        roots += more


def _unused(graph: Graph, action: Action, unused: list[Definition], edits: tuple[Edit, ...]) -> Iterator[Diagnostic]:
    """Report what a step defines in vain: each quantity given, or the step where all of it is."""
    whole = len(unused) == len(action.definitions)
    if isinstance(graph.nodes[action.definitions[0].node], Input | Link):
        for made in unused:
            yield review.UnusedInit(span=made.place, var=made.name, edits=edits if whole and len(unused) == 1 else ())
    elif whole:
        yield review.DeadStep(span=unused[0].place, op=action.op, var=unused[0].name, edits=edits)


def _uses(graph: Graph, roots: list[NodeId], *, requirements: bool) -> list[int]:
    """Count how often the roots reach each node, through requirements too where asked."""
    nodes = graph.nodes
    used = [0] * len(nodes)
    for root in roots:
        used[root] += 1
    for index in range(len(nodes) - 1, -1, -1):
        if not used[index]:
            continue
        node = nodes[index]
        if node.__class__ is Apply:
            for operand in node.operands:
                used[operand] += 1
            if requirements and node.requires:
                for requirement in node.requires:
                    used[requirement.left] += 1
                    used[requirement.right] += 1
        elif node.__class__ is Link:
            used[node.target] += 1
    return used


def _constant_result(graph: Graph, used: list[int]) -> Iterator[Diagnostic]:
    found = constancy(graph, graph.result, used)
    if found is None:
        return
    query = graph.scopes[-1].query
    if found.node is None:
        yield review.ResultIsConstant(span=query.place, var=query.name)
        return
    node = graph.nodes[found.node]
    if isinstance(node, Input):
        yield review.ResultIsInput(span=query.place, var=query.name, number=show(node.value), origin=node.span)
