#!/bin/sh
# The tool in a minute: `make demo`, or `sh examples/demo.sh tracedsl` where it is installed.
tracedsl=$1
cd "$(dirname "$0")/.." || exit 1
case $tracedsl in */*) tracedsl=$PWD/$tracedsl ;; esac
failed=0

step() { # what is shown, the exit code it must have, the command
    printf '\n# %s\n$ tracedsl' "$1"; expected=$2; shift 2
    printf ' %s' "$@"; printf '\n'
    "$tracedsl" "$@"; code=$?
    [ "$code" -eq "$expected" ] || { echo "exit code $code, expected $expected"; failed=1; }
}

cd examples || exit 1
step "Real traces are checked: an example, a composition, rows of a data set." 0 check shop.trace.yaml discount.trace.yaml problems.jsonl
step "They run to exact answers." 0 run shop.trace.yaml discount.trace.yaml problems.jsonl
step "A wrong trace is explained." 1 check misspelt.trace.yaml
step "What does the code mean?" 0 explain T404
step "An expert of one's own, in one file." 0 run --experts experts --values garden.trace.yaml
out=$(mktemp -d) || exit 1
step "A corpus of proved examples, from the patterns of the eight runs." 0 generate --mix run8 --n 250 -o "$out"
step "Every row passes, grounding included." 0 check --strict -q "$out"
step "What would it teach wrongly? Nothing." 0 lint "$out"
step "A corpus of abstract names is another matter." 0 generate --mix run5 --n 250 -o "$out"
step "The lint knows what they cost." 1 lint --select C301 "$out"
rm -r "$out"
step "What completions of a model are worth, and what is wrong with them." 0 score completions.jsonl --policy meaning
step "Operations and patterns of one's own are proved and fuzzed." 0 fuzz --experts kitchen --budget 0s
step "The graph of a composition, for Mermaid." 0 graph discount.trace.yaml
if "$tracedsl" model path >/dev/null 2>&1; then
    step "A model writes the traces, the experts compute them; the second is a composition." 0 solve \
        "Nora has 4 times as many marbles as Felix. Felix has 23. How many more does Nora have?" \
        "A lamp costs \$80. It's 25% off. Plus \$6 shipping. What's the total?"
fi
exit $failed
