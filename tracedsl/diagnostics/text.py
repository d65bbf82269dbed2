"""T1: the text and its YAML or JSON."""

from __future__ import annotations

import json
from typing import ClassVar

from tracedsl.diagnostics.base import Diagnostic
from tracedsl.diagnostics.examples import GOOD, vary
from tracedsl.source import Span


class NotUtf8(Diagnostic):
    """A file is read as UTF-8 and nothing else.

    Other encodings (UTF-16 with a byte order mark included) are refused rather than guessed,
    because a wrong guess changes names silently.
    """

    code: ClassVar = "T101"
    name: ClassVar = "not-utf-8"
    title: ClassVar = "this is not UTF-8 text"
    label: ClassVar = "byte {byte} of the document cannot be read"
    advice: ClassVar = "save the file as UTF-8"
    example: ClassVar = vary("price", "pr\udce9ce")
    byte: int


class ControlCharacter(Diagnostic):
    """Control characters and lone surrogates are refused everywhere.

    They do not print, so two texts that look alike would mean different things.
    """

    code: ClassVar = "T102"
    name: ClassVar = "control-character"
    title: ClassVar = "the character `{character}` may not stand in a document"
    label: ClassVar = "does not print"
    advice: ClassVar = "delete it; inside a question write it as an escape in double quotes"
    example: ClassVar = vary("12", "1\x002")
    character: str


class LineSeparator(Diagnostic):
    """Lines end with LF or CRLF.

    YAML also breaks lines at CR, NEL, LS and PS, where most editors do not: one visible line
    could be several. A question may contain them.
    """

    code: ClassVar = "T103"
    name: ClassVar = "line-separator"
    title: ClassVar = "`{character}` ends a line in YAML but not in an editor"
    label: ClassVar = "use LF or CRLF"
    advice: ClassVar = "only the text of a question may contain it"
    example: ClassVar = vary("\ntrace", "\u2028trace")
    character: str


class YamlSyntax(Diagnostic):
    """The text is not well-formed YAML.

    Reading stops at the first such fault of a document; the documents after it are still read.
    """

    code: ClassVar = "T104"
    name: ClassVar = "yaml-syntax"
    title: ClassVar = "this is not well-formed YAML: {problem}"
    label: ClassVar = "{context}"
    advice: ClassVar = (
        "check brackets, quotes and indentation here and on the line above; a text with `: ` or ` #` needs quotes"
    )
    example: ClassVar = vary("count]", "count")
    problem: str
    context: str


class DuplicateKey(Diagnostic):
    """A mapping holds a key twice.

    YAML readers keep the last one and say nothing, so half of the text would be ignored.
    """

    code: ClassVar = "T105"
    name: ClassVar = "duplicate-key"
    title: ClassVar = "the key `{key}` stands here twice"
    label: ClassVar = "again"
    advice: ClassVar = "delete one of them"
    places: ClassVar = {"first": "first here"}
    example: ClassVar = vary("value: 12", "value: 12, value: 13")
    key: str
    first: Span


class AnchorOrAlias(Diagnostic):
    """Anchors (`&a`) and aliases (`*a`) are refused.

    A few hundred bytes of aliases can stand for gigabytes, and a trace can contain itself.
    """

    code: ClassVar = "T106"
    name: ClassVar = "anchor-or-alias"
    title: ClassVar = "YAML anchors and aliases are not part of the language"
    label: ClassVar = "written with `&` or `*`"
    advice: ClassVar = "write the value out; multiplication is `compute_op: mul`"
    example: ClassVar = vary("value: 12", "value: &price 12")


class Tag(Diagnostic):
    """YAML tags (`!!int`, `!local`) are refused.

    A scalar is a name or a number by its own form; a tag would make it something else.
    """

    code: ClassVar = "T107"
    name: ClassVar = "tag"
    title: ClassVar = "YAML tags are not part of the language"
    label: ClassVar = "`{tag}` is a tag"
    advice: ClassVar = "delete the tag; numbers and names are told apart by their form"
    example: ClassVar = vary("value: 12", "value: !!int 12")
    tag: str


class MergeKey(Diagnostic):
    """The merge key `<<` is refused.

    It copies fields from elsewhere, so a step could no longer be read by itself.
    """

    code: ClassVar = "T108"
    name: ClassVar = "merge-key"
    title: ClassVar = "the merge key `<<` is not part of the language"
    label: ClassVar = "merges another mapping"
    advice: ClassVar = "write the fields out"
    example: ClassVar = vary("value: 12", "<<: {{value: 12}}").replace("{{", "{").replace("}}}", "}}")


class KeyNotScalar(Diagnostic):
    """A key is a plain word, never a list or a mapping."""

    code: ClassVar = "T109"
    name: ClassVar = "key-not-a-word"
    title: ClassVar = "a key must be a word"
    label: ClassVar = "this key is a {kind}"
    advice: ClassVar = "a colon too many, or a missing quote, often makes a key of what was meant as a value"
    example: ClassVar = vary("{op: init, var: price, value: 12}", "{op: init, var: price, [value]: 12}")
    kind: str


class Directive(Diagnostic):
    """YAML directives (`%YAML`, `%TAG`) are refused."""

    code: ClassVar = "T110"
    name: ClassVar = "directive"
    title: ClassVar = "YAML directives are not part of the language"
    label: ClassVar = "a line with `%` before the document"
    advice: ClassVar = "delete the line"
    example: ClassVar = "%YAML 1.1\n---\n" + GOOD


class TooLarge(Diagnostic):
    """A document is larger than a limit allows.

    The limits keep the work that any input can cause bounded; `tracedsl limits` lists them.
    """

    code: ClassVar = "T111"
    name: ClassVar = "document-too-large"
    title: ClassVar = "the document has more than {most} {what}"
    label: ClassVar = "the limit `{limit}` is passed here"
    advice: ClassVar = "if it is meant to be so large, raise the limit with `--limit {limit}=N`"
    example: ClassVar = "expert: arithmetic\ntrace: [" + "0, " * 20_000 + "0]\n"
    what: str
    most: int
    limit: str


class TooDeep(Diagnostic):
    """Mappings and lists are nested deeper than the limit.

    A composition needs five levels; sixteen leave room, and stop inputs that exhaust a reader.
    """

    code: ClassVar = "T112"
    name: ClassVar = "too-deep"
    title: ClassVar = "mappings and lists are nested more than {most} deep"
    label: ClassVar = "the limit `depth` is passed here"
    advice: ClassVar = "a trace needs five levels; `--limit depth=N` raises the limit"
    example: ClassVar = "[" * 17 + "]" * 17
    most: int


class JsonSyntax(Diagnostic):
    """A line of a `.jsonl` file is not a JSON object."""

    code: ClassVar = "T113"
    name: ClassVar = "json-syntax"
    title: ClassVar = "this line is not a JSON object: {problem}"
    label: ClassVar = "reading stopped here"
    advice: ClassVar = "a row is one object a line, with `question`, `answer` and `trace`"
    example: ClassVar = '{"question": "How many?", "answer": 3, "trace": \n'
    instead: ClassVar = json.dumps({"trace": GOOD}) + "\n"
    problem: str


class EmptyDocument(Diagnostic):
    """There is no trace in a document."""

    code: ClassVar = "T114"
    name: ClassVar = "empty-document"
    title: ClassVar = "the document is empty"
    label: ClassVar = "expected a trace"
    advice: ClassVar = "write `expert:` and `trace:`, or delete the `---` line"
    example: ClassVar = "---\n---\n" + GOOD


class SplitNumber(Diagnostic):
    """A number with unquoted commas falls apart inside braces.

    In `{value: 80,000}` the comma ends the entry: YAML reads the value 80 and a second key
    `000`. Nothing else warns of it, and the answer is silently wrong.
    """

    code: ClassVar = "T115"
    name: ClassVar = "split-number"
    title: ClassVar = "YAML reads this as {head} and, apart from it, `{tail}`"
    label: ClassVar = "a comma ends an entry inside braces and brackets"
    advice: ClassVar = "write {whole}, or put the number in quotes"
    cure: ClassVar = "write {whole}"
    example: ClassVar = vary("value: 12}", "value: 80,000}")
    head: str
    tail: str
    whole: str


class SeveralDocuments(Diagnostic):
    """A text that must be one document holds a second one."""

    code: ClassVar = "T116"
    name: ClassVar = "several-documents"
    title: ClassVar = "a second document begins here"
    label: ClassVar = "expected the end of the text"
    advice: ClassVar = "in a file documents may follow one another after `---`; the text of a row is one document"
    example: ClassVar = json.dumps({"trace": GOOD + "---\n" + GOOD}) + "\n"
    instead: ClassVar = json.dumps({"trace": GOOD}) + "\n"


DIAGNOSTICS = (
    NotUtf8,
    ControlCharacter,
    LineSeparator,
    YamlSyntax,
    DuplicateKey,
    AnchorOrAlias,
    Tag,
    MergeKey,
    KeyNotScalar,
    Directive,
    TooLarge,
    TooDeep,
    JsonSyntax,
    EmptyDocument,
    SplitNumber,
    SeveralDocuments,
)
